"""What TensorBoard's own reader finds in a folder of event files, as JSON: scalars, pictures and texts by tag."""

import hashlib
import json
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util

events = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={name: 0 for name in ("scalars", "images", "tensors")})
events.Reload()
tags = events.Tags()
scalars = {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags["scalars"]}
images = {
    tag: [
        {"step": e.step, "height": e.height, "width": e.width, "sha256": hashlib.sha256(e.encoded_image_string).hexdigest()}
        for e in events.Images(tag)
    ]
    for tag in tags["images"]
}
texts, numbers = {}, {}
for tag in tags["tensors"]:
    plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
    values = [[e.step, tensor_util.make_ndarray(e.tensor_proto)] for e in events.Tensors(tag)]
    if plugin == "text":
        texts[tag] = [[step, [text.decode() for text in value]] for step, value in values]
    else:
        numbers[tag] = plugin
print(json.dumps({"scalars": scalars, "images": images, "texts": texts, "others": numbers}))
