#!/bin/sh
# PyAV 18.1.0 (FFmpeg 8.1.2) on ALAC in a Core Audio file: three seconds that it writes are 2.928 seconds when it reads them, with no
# error, while the container and the stream say three. The last packet of ALAC holds only what is left, and the packet table counts the
# samples that it lacks as remainder (mRemainderFrames): FFmpeg takes them off again, from the samples that are there. The same packets
# in an MP4 file, and PCM in a Core Audio file, are read whole.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
import struct

import av
import numpy

RATE = 24000
print("PyAV", av.__version__, "with FFmpeg", av.ffmpeg_version_info)
SAMPLES = (numpy.sin(numpy.arange(3 * RATE) / 9) * 9000).astype("int16")


def written(container, codec):
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        given = stream.codec_context.codec.audio_formats[0].name
        frame = av.AudioFrame.from_ndarray(SAMPLES[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        for each in av.AudioResampler(given, "mono", RATE).resample(frame):
            fifo.write(each)
        while piece := fifo.read(stream.codec_context.frame_size or 4096, partial=True):
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return buffer.getvalue()


for container, codec in (("caf", "alac"), ("ipod", "alac"), ("caf", "pcm_s16be")):
    data = written(container, codec)
    with av.open(io.BytesIO(data)) as source:
        stream = source.streams.audio[0]
        packets = [(packet.duration, sum(frame.samples for frame in packet.decode())) for packet in source.demux(stream)]
        said = source.duration / av.time_base, float(stream.duration * stream.time_base)
    whole = [packet for packet in packets if packet[1]]
    print(f"{codec} in {container}: container and stream say {said}, {sum(count for _, count in packets) / RATE} s are read")
    if codec == "alac":
        print(f"  the last packet: {whole[-1][0]} samples, {whole[-1][1]} are handed out")
    if (start := data.find(b"pakt")) >= 0:
        print("  packets, valid, priming and remainder samples:", *struct.unpack(">qqii", data[start + 12 : start + 36]))
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check av==18.1.0 numpy==2.4.6
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
PyAV 18.1.0 with FFmpeg 8.1.2
alac in caf: container and stream say (3.0, 3.0), 2.928 s are read
  the last packet: 2368 samples, 640 are handed out
  packets, valid, priming and remainder samples: 18 72000 0 1728
alac in ipod: container and stream say (3.0, 3.0), 3.0 s are read
  the last packet: 2368 samples, 2368 are handed out
pcm_s16be in caf: container and stream say (3.0, 3.0), 3.0 s are read
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
