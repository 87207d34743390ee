"""Photograph-like JPEG files, for the row that times files. With an argument: turns a folder's PNGs into JPEGs beside them, inside
the peers' virtual environment."""
import pathlib
import subprocess
import sys


def make(fcn, python, folder, width, height, count):
    """A folder of generated street scenes as JPEGs."""
    scenes = pathlib.Path(folder) / "scenes"
    subprocess.run([fcn, "dataset", "generate", "-o", scenes, "--size", f"{width}x{height}", "--count", str(count), "--val", "0"],
                   check=True, stdout=subprocess.DEVNULL)
    images = scenes / "train" / "images"
    subprocess.run([python, __file__, images], check=True)
    return images


def main():
    import cv2
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.png")):
        cv2.imwrite(str(path.with_suffix(".jpg")), cv2.imread(str(path)), [cv2.IMWRITE_JPEG_QUALITY, 90])
        path.unlink()


if __name__ == "__main__":
    main()
