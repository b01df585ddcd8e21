import pytest

from printing.drivers.models import DEFAULT, BadModelTable, ThermalModel, model_named, models


def test_every_model_of_the_table_can_be_used_and_names_its_source():
    found = models()

    assert DEFAULT in found
    for key, model in found.items():
        assert model.key == key
        assert model.source
        assert 40 <= model.width_mm <= 80


def test_an_unknown_model_gets_what_is_common():
    assert model_named("hang-la-99") == model_named(DEFAULT)


@pytest.mark.parametrize(
    "wrong",
    [{"width_dots": 0}, {"width_dots": 577}, {"dpi": 0}, {"cut": "saw"}, {"answers": "maybe"},
     {"band_dots": 0}, {"feed_lines": 300}],
)  # fmt: skip
def test_figures_that_cannot_be_are_refused(wrong):
    with pytest.raises(BadModelTable):
        ThermalModel(**({"key": "x", "name": "x", "width_dots": 576, "dpi": 203} | wrong))


def test_an_entry_with_an_unknown_word_is_named(tmp_path):
    (tmp_path / "x.toml").write_text('[[model]]\nkey = "x"\nwidth = 5\n')

    with pytest.raises(BadModelTable, match=r"x\.toml"):
        models(tmp_path)


def test_a_table_of_ones_own_is_read(tmp_path):
    (tmp_path / "mine.toml").write_text(
        '[[model]]\nkey = "may-moi"\nname = "Máy mới"\nwidth_dots = 640\ndpi = 203\n'
    )

    assert models(tmp_path)["may-moi"].width_dots == 640
