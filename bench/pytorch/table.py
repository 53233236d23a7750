"""Prints the JSON lines of a comparison, then its table: table.py FILE"""

import json
import sys
from pathlib import Path


def main(file: str) -> None:
    lines = [line for line in Path(file).read_text().splitlines() if line.startswith("{")]
    print(*lines, "", sep="\n")
    results = [json.loads(line) for line in lines]
    measured = {(result["name"], result["engine"]): result for result in results if "engine" in result}
    ratios = {result["name"]: result for result in results if "ratio" in result}
    header = ("", "PyTorch min", "median, s", "ours min", "median, s", "ratio min", "median", "MB", "ours MB", "ratio")
    rows = [header]
    for name, engine in measured:
        if engine != "pytorch":
            continue
        theirs, ours = measured[name, "pytorch"], measured[name, "compiled"]
        seconds = [theirs["min"], theirs["median"], ours["min"], ours["median"]]
        row = [name, *seconds, ours["min"] / theirs["min"], ours["median"] / theirs["median"]]
        if name in ratios:
            row[-1] = ratios[name]["median"]
            row += [theirs["peakRssMb"], ours["peakRssMb"], ratios[name]["peakRss"]]
        rows.append(tuple(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(header))]
    for row in rows:
        print("  ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))))


if __name__ == "__main__":
    main(sys.argv[1])
