"""The XML of eSCL, the scan protocol of network devices, read and written.

Source: Mopria Alliance, eSCL Scan Technical Specification 2.x; lengths are
in 1/300 inch.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from app.scanning.driver import (
    FeederEmpty,
    FeederJam,
    FeederMissed,
    ScannerBusy,
    ScannerCoverOpen,
    ScanProblem,
    ScanProfile,
    SheetsStuckTogether,
    Source,
)

MAX_XML_BYTES = 1024 * 1024
_A4 = (2480, 3508)
_SCAN = "http://schemas.hp.com/imaging/escl/2011/05/03"
_PWG = "http://www.pwg.org/schemas/2010/12/sm"
_ADF_PROBLEMS: dict[str, type[ScanProblem]] = {
    "ScannerAdfEmpty": FeederEmpty,
    "ScannerAdfJam": FeederJam,
    "ScannerAdfDoorOpen": ScannerCoverOpen,
    "ScannerAdfHatchOpen": ScannerCoverOpen,
    "ScannerAdfMispick": FeederMissed,
    "ScannerAdfMultipickDetected": SheetsStuckTogether,
    "ScannerAdfInputTrayFailed": FeederMissed,
    "ScannerAdfInputTrayOverloaded": FeederMissed,
    "ScannerAdfDuplexPageTooShort": FeederJam,
    "ScannerAdfDuplexPageTooLong": FeederJam,
}


class NotEscl(Exception):
    """What was answered is no message of this protocol."""


@dataclass(frozen=True, slots=True)
class Input:
    """What one source of paper can do.

    Attributes:
        width, height: largest sheet, 1/300 inch.
        modes: colour modes as the device calls them.
        resolutions: dpi it offers, ascending; empty if any of `dpi_range` will do.
    """

    width: int
    height: int
    modes: tuple[str, ...]
    resolutions: tuple[int, ...]
    dpi_range: tuple[int, int]

    def nearest(self, dpi: int) -> int:
        """Return the resolution to ask for: the least that is not below `dpi`, else the most."""
        if self.resolutions:
            return next((own for own in self.resolutions if own >= dpi), self.resolutions[-1])
        low, high = self.dpi_range
        return min(max(dpi, low), high)

    def mode(self, *, colour: bool) -> str:
        """Return the colour mode to ask for."""
        wanted = ("RGB24", "RGB48") if colour else ("Grayscale8", "Grayscale16", "RGB24")
        return next((mode for mode in wanted if mode in self.modes), wanted[0])


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a scanner says it can do."""

    version: str
    name: str
    glass: Input | None
    feeder: Input | None
    duplex: Input | None

    def source(self, wanted: Source) -> tuple[Source, Input]:
        """Return the source to use, the next best where the wanted one is not there.

        Raises:
            NotEscl: the scanner names no source at all.
        """
        here = {
            Source.GLASS: self.glass,
            Source.FEEDER: self.feeder,
            Source.FEEDER_DUPLEX: self.duplex,
        }
        order = {
            Source.GLASS: (Source.GLASS, Source.FEEDER),
            Source.FEEDER: (Source.FEEDER, Source.GLASS),
            Source.FEEDER_DUPLEX: (Source.FEEDER_DUPLEX, Source.FEEDER, Source.GLASS),
        }[wanted]
        for source in order:
            found = here[source]
            if found is not None:
                return source, found
        raise NotEscl("no source of paper")


@dataclass(frozen=True, slots=True)
class Status:
    """How a scanner stands: its own state and its feeder's, in the protocol's words."""

    state: str
    feeder: str

    def problem(self, source: Source) -> type[ScanProblem] | None:
        """Return what keeps a scan from this source from beginning, None if nothing does."""
        if source is not Source.GLASS and self.feeder in _ADF_PROBLEMS:
            return _ADF_PROBLEMS[self.feeder]
        return None if self.state in ("Idle", "") else ScannerBusy


def read_capabilities(content: bytes) -> Capabilities:
    """Read a ScannerCapabilities message.

    Raises:
        NotEscl: it is none.
    """
    root = _parse(content, "ScannerCapabilities")
    return Capabilities(
        version=root.findtext("{*}Version") or "2.0",
        name=(root.findtext("{*}MakeAndModel") or "").strip(),
        glass=_input(root.find("{*}Platen/{*}PlatenInputCaps")),
        feeder=_input(root.find("{*}Adf/{*}AdfSimplexInputCaps")),
        duplex=_input(root.find("{*}Adf/{*}AdfDuplexInputCaps")),
    )


def read_status(content: bytes) -> Status:
    """Read a ScannerStatus message.

    Raises:
        NotEscl: it is none.
    """
    root = _parse(content, "ScannerStatus")
    return Status(
        state=(root.findtext("{*}State") or "").strip(),
        feeder=(root.findtext("{*}AdfState") or "").strip(),
    )


def write_settings(able: Capabilities, profile: ScanProfile) -> bytes:
    """Return the ScanSettings that ask for one job.

    Raises:
        NotEscl: the scanner names no source at all.
    """
    source, at = able.source(profile.source)
    dpi = at.nearest(profile.dpi)
    root = ET.Element(f"{{{_SCAN}}}ScanSettings")
    _add(root, _PWG, "Version", able.version)
    _add(root, _SCAN, "Intent", "Document")
    region = ET.SubElement(ET.SubElement(root, f"{{{_PWG}}}ScanRegions"), f"{{{_PWG}}}ScanRegion")
    _add(region, _PWG, "ContentRegionUnits", "escl:ThreeHundredthsOfInches")
    _add(region, _PWG, "XOffset", "0")
    _add(region, _PWG, "YOffset", "0")
    _add(region, _PWG, "Width", str(min(_A4[0], at.width)))
    _add(region, _PWG, "Height", str(min(_A4[1], at.height)))
    _add(root, _PWG, "InputSource", "Platen" if source is Source.GLASS else "Feeder")
    if source is not Source.GLASS:
        _add(root, _SCAN, "Duplex", "true" if source is Source.FEEDER_DUPLEX else "false")
    _add(root, _SCAN, "ColorMode", at.mode(colour=profile.colour))
    _add(root, _SCAN, "XResolution", str(dpi))
    _add(root, _SCAN, "YResolution", str(dpi))
    _add(root, _PWG, "DocumentFormat", "image/jpeg")
    _add(root, _SCAN, "DocumentFormatExt", "image/jpeg")
    ET.register_namespace("scan", _SCAN)
    ET.register_namespace("pwg", _PWG)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _add(parent: ET.Element, space: str, tag: str, text: str) -> None:
    ET.SubElement(parent, f"{{{space}}}{tag}").text = text


def _parse(content: bytes, tag: str) -> ET.Element:
    """Return the root of a message; one that declares entities is none of ours."""
    if len(content) > MAX_XML_BYTES or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise NotEscl(tag)
    try:
        root = ET.fromstring(content)
    except (ET.ParseError, ValueError) as error:
        raise NotEscl(tag) from error
    if root.tag.rpartition("}")[2] != tag:
        raise NotEscl(f"{root.tag} instead of {tag}")
    return root


def _input(node: ET.Element | None) -> Input | None:
    if node is None:
        return None
    discrete = {
        _number(n.text, 0) for n in node.iterfind(".//{*}DiscreteResolution/{*}XResolution")
    }
    resolutions = tuple(sorted(dpi for dpi in discrete if dpi > 0))
    return Input(
        width=_number(node.findtext("{*}MaxWidth"), _A4[0]),
        height=_number(node.findtext("{*}MaxHeight"), _A4[1]),
        modes=tuple((n.text or "").strip() for n in node.iterfind(".//{*}ColorMode")),
        resolutions=resolutions,
        dpi_range=(
            _number(node.findtext(".//{*}XResolutionRange/{*}Min"), 75),
            _number(node.findtext(".//{*}XResolutionRange/{*}Max"), 600),
        ),
    )


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int((text or "").strip())
    except ValueError:
        return otherwise
