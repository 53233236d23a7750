"""Unpacks members of a wheel: unpack_wheel.py WHEEL FOLDER PREFIX=TARGET... (the first matching prefix decides)."""

import pathlib
import shutil
import sys
import zipfile


def main(wheel: str, folder: str, rules: list[str]) -> None:
    pairs = [rule.split("=", 1) for rule in rules]
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            prefix, target = next((pair for pair in pairs if member.filename.startswith(pair[0])), (None, None))
            if prefix is None or member.is_dir():
                continue
            file = pathlib.Path(folder, target + member.filename[len(prefix) :])
            file.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(file, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            # Wheels keep Unix modes in the upper half; ptxas and its kin must stay executable.
            file.chmod((member.external_attr >> 16) & 0o777 | 0o644)
            count += 1
    print(count)


main(sys.argv[1], sys.argv[2], sys.argv[3:])
