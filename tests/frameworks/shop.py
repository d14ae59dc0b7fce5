"""An application of FastAPI's with each kind of route that it has. Its description is what a client is made from."""

# Annotations are not postponed here: FastAPI reads them where types of a function's own are not seen.
import datetime
import decimal
import enum
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Path,
    Query,
    Response,
    UploadFile,
    WebSocket,
)
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, Json, JsonValue, RootModel
from pydantic.alias_generators import to_camel

app = FastAPI(title="Shop 🛒", summary="Sells things.", description="It has 🍎 and 🍐.")
T = TypeVar("T")


class Size(enum.StrEnum):
    """How big it is."""

    SMALL = "small"
    BIG = "big"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Inner(BaseModel):
    name: str
    parent: "Inner | None" = None


class Everything(BaseModel):
    """A field of each type."""

    size: Size
    level: Level
    literal: Literal["a", 1, None]
    always: Literal["always"] = "always"
    day: datetime.date
    moment: datetime.datetime
    clock: datetime.time
    span: datetime.timedelta
    price: decimal.Decimal
    id: uuid.UUID
    raw: bytes
    encoded: Base64Bytes
    pair: tuple[int, str]
    numbers: tuple[float, ...] = ()
    tags: set[str] = set()
    maps: dict[str, dict[str, list[Inner]]] = {}
    by_level: dict[Level, int] = {}
    inner: Inner | None = None
    either: int | str | list[int] = 0
    text: Json[list[int]] | None = None
    anything: JsonValue = None
    other: Any = None
    bounded: Annotated[int, Field(gt=0, le=10, multiple_of=2)] = 2


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    first_name: str
    last_name: str | None = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    a: int


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog", "hound"]
    barks: bool


class Bird(BaseModel):
    wings: int


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Names(RootModel[list[str]]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int


class Filters(BaseModel):
    limit: int = Field(100, gt=0, le=100)
    order: Literal["up", "down"] = "up"
    tags: list[str] = []


class Login(BaseModel):
    name: str
    again: bool = False


class Tokens(BaseModel):
    x_first: str
    x_many: list[str] = []


class Problem(BaseModel):
    reason: str


class Event(BaseModel):
    number: int


@app.get("/")
def home() -> dict[str, str]:
    """Say hello 👋."""
    return {"hello": "world"}


@app.get("/items/{item_id}", tags=["items"])
def read_item(
    item_id: Annotated[int, Path(ge=1)],
    q: str | None = None,
    short: bool = False,
    many: Annotated[list[int] | None, Query()] = None,
    item_query: Annotated[str | None, Query(alias="item-query", max_length=5, pattern="^[a-z]*$")] = None,
    day: datetime.date | None = None,
    size: Size = Size.SMALL,
) -> dict[str, Any]:
    return {"id": item_id, "q": q, "short": short, "many": many, "alias": item_query, "day": day, "size": size}


@app.get("/sizes/{size}/{id}")
def path_kinds(size: Size, id: uuid.UUID) -> list[str]:
    return [size, str(id)]


@app.get("/files/{file_path:path}")
def read_path(file_path: str) -> str:
    return file_path


@app.get("/filters")
def query_model(filters: Annotated[Filters, Query()]) -> Filters:
    return filters


@app.get("/headers")
def headers(x_token: Annotated[str, Header()], x_many: Annotated[list[str] | None, Header()] = None) -> list[str]:
    return [x_token, *(x_many or [])]


@app.get("/header-model")
def header_model(tokens: Annotated[Tokens, Header()]) -> Tokens:
    return tokens


@app.get("/cookies")
def cookies(session: Annotated[str | None, Cookie()] = None) -> str | None:
    return session


@app.post("/everything", status_code=201)
def everything(value: Everything) -> Everything:
    return value


@app.put("/camel")
def camel(value: Camel) -> Camel:
    return value


@app.post("/open")
def opened(value: Open) -> Open:
    return value


@app.post("/pets", tags=["pets", "more"])
def create_pet(pet: Pet) -> Pet:
    return pet


@app.post("/either")
def either(value: Cat | Bird) -> Cat | Bird:
    return value


@app.post("/list")
def a_list(values: list[Inner]) -> list[Inner]:
    return values


@app.post("/map")
def a_map(values: dict[str, int]) -> dict[str, int]:
    return values


@app.post("/names")
def names(values: Names) -> Names:
    return values


@app.post("/several/{id}")
def several(id: int, first: Inner, second: Camel | None = None, count: Annotated[int, Body()] = 1) -> list[Any]:
    return [id, first, second, count]


@app.post("/scalar")
def scalar(value: Annotated[int, Body()]) -> int:
    return value


@app.post("/embedded")
def embedded(value: Annotated[Inner, Body(embed=True)]) -> Inner:
    return value


@app.patch("/partial")
def partial(value: Annotated[Inner | None, Body()] = None) -> Inner | None:
    return value


@app.get("/page")
def page() -> Page[Inner]:
    return Page(items=[Inner(name="a")], total=1)


@app.post("/login")
def login(name: Annotated[str, Form()], again: Annotated[bool, Form()] = False) -> list[Any]:
    return [name, again]


@app.post("/form-model")
def form_model(form: Annotated[Login, Form()]) -> Login:
    return form


@app.post("/uploads")
async def upload(
    file: UploadFile,
    note: Annotated[str, Form()],
    files: list[UploadFile],
    data: Annotated[bytes | None, File()] = None,
) -> list[Any]:
    return [file.filename, len(await file.read()), note, len(files), None if data is None else len(data)]


@app.delete("/items/{item_id}", tags=["items"], status_code=204)
def delete_item(item_id: int) -> None: ...


@app.get("/text", response_class=PlainTextResponse)
def text() -> str:
    return "text ö"


@app.get("/html", response_class=HTMLResponse)
def html() -> str:
    return "<p>"


@app.get("/plain-response")
def plain_response() -> Response:
    return Response(b'{"a": 1}', media_type="application/json")


@app.get("/bytes", response_class=StreamingResponse)
def some_bytes() -> StreamingResponse:
    return StreamingResponse(iter([b"a" * 1000, b"b"]), media_type="application/octet-stream")


@app.get("/download", response_class=FileResponse)
def download() -> str:
    return __file__


@app.get("/stream")
async def stream() -> AsyncIterator[Event]:
    for number in range(3):
        yield Event(number=number)


@app.get("/stream-sync")
def stream_sync() -> Iterator[Event]:
    yield Event(number=1)


@app.get("/missing", responses={404: {"model": Problem}, 409: {"description": "Both."}})
def missing() -> Inner:
    raise HTTPException(404, "there is none")


@app.get("/background", status_code=202, deprecated=True)
def background(tasks: BackgroundTasks) -> dict[str, bool]:
    tasks.add_task(print, "done")
    return {"started": True}


@app.api_route("/both", methods=["GET", "POST"], operation_id="both")
def both() -> str:
    return "both"


@app.head("/head")
def head(response: Response) -> None:
    response.headers["x-head"] = "1"


@app.options("/options")
def options() -> list[str]:
    return ["GET"]


@app.get("/hidden", include_in_schema=False)
def hidden() -> None: ...


@app.websocket("/ws")
async def websocket(socket: WebSocket) -> None:
    await socket.accept()


@app.webhooks.post("new-item")
def new_item(body: Inner) -> None: ...


bearer = HTTPBearer()
router = APIRouter(prefix="/v1/things")


@router.get("/me")
def me(given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    return given.credentials


@router.get("/list")
def list_things() -> list[Open]:
    return [Open(a=1, b=2)]  # type: ignore[call-arg]  # it takes more


app.include_router(router)
