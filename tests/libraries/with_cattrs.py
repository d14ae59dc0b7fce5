import typing
from typing import Any

import attrs
from cattrs.preconf.json import make_converter

from lmnt import models, types
from lmnt.models import Voice, VoiceUpdateResponse

converter = make_converter()
voice = {"id": "a", "name": "A", "owner": "me", "state": "ready", "type": "professional", "tags": ["low"]}
made = converter.loads(converter.dumps({"voice": voice}), VoiceUpdateResponse)
assert made == VoiceUpdateResponse.from_dict({"voice": voice})
assert converter.structure(converter.unstructure(made), VoiceUpdateResponse) == made
assert converter.structure([voice], list[Voice])[0].owner == "me"

given = {"text": "Hello.", "voice": "leah", "format": "mp3"}
assert converter.structure(given, types.SpeechGenerateParams) == given

for module in (models, types):
    for name in module.__all__:
        kind: Any = getattr(module, name)
        if attrs.has(kind) or typing.is_typeddict(kind):
            if "file" not in kind.__annotations__:  # no file is made of JSON
                converter.get_structure_hook(kind)
            converter.get_unstructure_hook(kind)
print("done")
