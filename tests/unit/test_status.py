import pytest

from app.domain.status import (
    CLOSED,
    MOVES,
    BusinessState,
    PaymentState,
    can_move,
)

# By national code, as in the exchange with the national portal; 2 to 3 is ours: a reception
# may be refused as long as nobody has taken it up. 8 to 4 is a re-opening.
ALLOWED = {
    1: {2, 3, 5, 7},
    2: {3, 4, 5, 6, 7, 8, 9},
    3: set(),
    4: {5, 6, 7, 8, 9},
    5: {2, 3, 4, 7, 8},
    6: {4, 7, 8, 9},
    7: set(),
    8: {4},
    9: {10},
    10: set(),
}


@pytest.mark.parametrize("before", BusinessState)
@pytest.mark.parametrize("after", BusinessState)
def test_a_dossier_moves_only_as_the_portal_knows_it(before, after):
    assert can_move(before, after) is (after.value in ALLOWED[before.value])


def test_every_state_has_its_national_code_and_words_of_its_own():
    assert [state.value for state in BusinessState] == list(range(1, 11))
    assert len({state.words for state in BusinessState}) == 10
    assert BusinessState.FINISHED.words == "Đã có kết quả, chờ trả"
    assert len({state.words for state in PaymentState}) == len(PaymentState)
    assert PaymentState.PENDING.words == "Chờ xác nhận tiền về"
    assert set(MOVES) == set(BusinessState)


def test_closed_states_are_those_that_only_a_re_opening_leaves():
    assert {state.value for state in CLOSED} == {3, 7, 8, 10}
    assert {state.value for state in CLOSED if MOVES[state]} == {8}


def test_every_state_can_be_reached_from_a_new_dossier():
    reached = {BusinessState.NEW}
    while more := {after for state in reached for after in MOVES[state]} - reached:
        reached |= more

    assert reached == set(BusinessState)
