import msgspec
from beartype import beartype
from beartype.roar import BeartypeException
from typeguard import TypeCheckError, check_type, typechecked

import lmnt
from lmnt import Lmnt, models, types

voice = {"id": "a", "name": "A", "owner": "me", "state": "ready"}
made = models.Voice.from_dict(voice)
assert msgspec.convert(voice, models.Voice) == made
assert msgspec.json.decode(msgspec.json.encode(made))["id"] == "a"
given = {"text": "Hello.", "voice": "leah"}
assert msgspec.convert(given, types.SpeechGenerateParams) == given


class Page(msgspec.Struct):
    voice: models.Voice
    params: types.VoiceUpdateParams


assert msgspec.convert({"voice": voice, "params": {}}, Page).voice == made


def take(
    owner: models.VoiceOwner | str,
    headers: lmnt.Headers | None,
    file: lmnt.FileTypes,
    params: types.SpeechGenerateParams,
    voice: models.Voice,
) -> lmnt.ResultList[models.Voice]:
    print(owner, headers, file, params)
    return lmnt.ResultList([voice])


for checked in (beartype(take), typechecked(take)):
    assert checked("me", {"a": "b"}, b"RIFF", {"text": "a", "voice": "b"}, made) == [made]
    try:
        checked("me", {"a": 1}, b"RIFF", {"text": "a", "voice": "b"}, made)
        told = ""
    except (BeartypeException, TypeCheckError) as error:
        told = str(error)
    assert "headers" in told, checked
check_type(given, types.SpeechGenerateParams)
listed = beartype(lmnt.resources.VoicesResource.list)(Lmnt().voices, owner="system")
assert listed[0].id
print("done")
