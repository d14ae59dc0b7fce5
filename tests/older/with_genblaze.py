"""genblaze-lmnt, which speaks through the official package."""

import os
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

from genblaze_core.models.enums import Modality
from genblaze_core.models.step import Step
from genblaze_lmnt import LMNTProvider

os.environ["LMNT_API_KEY"] = "key"
step = Step(
    provider="lmnt",
    model="lmnt-1",
    modality=Modality.AUDIO,
    prompt="Hello there.",
    params={"voice": "leah", "format": "mp3"},
)
done = LMNTProvider(output_dir=sys.argv[1]).generate(step)
shutil.copy(unquote(urlparse(done.assets[0].url).path), Path(sys.argv[1]) / "genblaze.mp3")
print("done")
