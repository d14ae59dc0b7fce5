"""pipecat-ai, in a pipeline of its own; its session is of protocol 1.0, without a version."""

import asyncio
import os
import sys
from pathlib import Path

from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame, TTSSpeakFrame, TTSStoppedFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineTask
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.lmnt import tts as service
from websockets.asyncio.client import connect

URL = os.environ["LMNT_BASE_URL"].replace("http", "ws") + "/v1/ai/speech/stream"
service.websocket_connect = lambda _: connect(URL)


class Ear(FrameProcessor):
    def __init__(self) -> None:
        super().__init__()
        self.audio = b""
        self.rate = 0
        self.errors: list[str] = []
        self.heard = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self.audio += frame.audio
            self.rate = frame.sample_rate
        if isinstance(frame, ErrorFrame):
            self.errors.append(frame.error)
        if isinstance(frame, (ErrorFrame, TTSStoppedFrame)):
            self.heard.set()
        await self.push_frame(frame, direction)


async def main() -> None:
    ear = Ear()
    tts = service.LmntTTSService(api_key="key", settings=service.LmntTTSService.Settings(voice="leah"))
    task = PipelineTask(Pipeline([tts, ear]))

    async def speak() -> None:
        await task.queue_frame(TTSSpeakFrame("Hello there, this is a sentence of some length that pipecat speaks."))
        await asyncio.wait_for(ear.heard.wait(), 20)
        await task.cancel()  # an end would wait for a loudspeaker to say that it is silent

    await asyncio.gather(PipelineRunner(handle_sigint=False).run(task), speak())
    assert not ear.errors, ear.errors
    (Path(sys.argv[1]) / f"pipecat.{ear.rate}.pcm").write_bytes(ear.audio)


asyncio.run(main())
print("done")
