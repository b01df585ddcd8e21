import pytest

from printing.drivers.folder import FolderPrinter
from printing.drivers.ipp import IppPrinter, job_name
from printing.drivers.opening import BadAddress, is_thermal, label_of, model_of, open_printer
from printing.drivers.thermal import ThermalPrinter


@pytest.mark.parametrize(
    ("name", "kind", "label"),
    [("HCC", IppPrinter, "HCC"), ("May-in_2", IppPrinter, "May-in_2"),
     ("ipp://10.0.0.5/ipp/print", IppPrinter, "10.0.0.5:631"),
     ("ipp://cups.local:631/printers/HCC", IppPrinter, "HCC"),
     ("ipps://10.0.0.5:443/ipp/print", IppPrinter, "10.0.0.5:443"),
     ("socket://10.0.0.5:9100?model=xprinter-80", ThermalPrinter, "10.0.0.5:9100"),
     ("usb:///dev/usb/lp0", ThermalPrinter, "lp0"),
     ("serial:///dev/ttyUSB0?baud=9600", ThermalPrinter, "ttyUSB0"),
     ("serial:COM4?baud=19200", ThermalPrinter, "COM4"),
     ("file:///tmp/Gi%E1%BA%A5y%20in", FolderPrinter, "Giấy in")],
)  # fmt: skip
def test_an_address_leads_to_its_driver(name, kind, label):
    assert isinstance(open_printer(name), kind)
    assert label_of(name) == label
    assert is_thermal(name) is (kind is ThermalPrinter)


@pytest.mark.parametrize(
    "name",
    ["socket://", "usb://", "serial:", "ftp://10.0.0.5/x", "windows:HP", "javascript:alert(1)",
     "serial:COM4?baud=fast", "socket://10.0.0.5:99999999"],
)  # fmt: skip
def test_an_address_that_no_driver_fits_is_said_to_be_wrong(name):
    with pytest.raises(BadAddress, match="Địa chỉ máy in không đúng"):
        open_printer(name)


def test_drivers_that_live_elsewhere_are_asked_first():
    made = open_printer("windows:HP 107a", {"windows": lambda name: FolderPrinter(name)})

    assert isinstance(made, FolderPrinter)


def test_the_model_stands_in_the_address():
    assert model_of("socket://10.0.0.5?model=epson-tm-t82") == "epson-tm-t82"
    assert model_of("HCC") == ""


def test_a_long_title_fits_and_keeps_what_tells_jobs_apart():
    name = job_name("Giấy tiếp nhận " * 30 + " · 12345678-42")

    assert len(name.encode()) <= 255
    assert name.endswith("· 12345678-42")
    assert job_name("Giấy · 1-2") == "Giấy · 1-2"


def test_a_driverless_printer_without_a_path_is_asked_at_the_usual_one():
    assert IppPrinter("ipp://10.0.0.5").uri == "ipp://10.0.0.5/ipp/print"
    assert IppPrinter("ipp://10.0.0.5/x").uri == "ipp://10.0.0.5/x"
