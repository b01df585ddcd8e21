"""What all tests share: no screen unless one is started, no clerk's secrets."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
for name in ("QMC_USER", "QMC_PIN", "QMC_PASSWORD"):
    os.environ.pop(name, None)
