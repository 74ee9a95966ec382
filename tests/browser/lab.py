"""A JupyterLab of its own: on loopback, with a token, on copies of the notebooks with the smoke profile."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from companion.support.paths import ROOT

PATIENT = 600_000  # milliseconds: the machine may be busy
OUTPUTS = "() => jupyterapp.shell.currentWidget.content.model.toJSON().cells.flatMap(c => c.outputs || [])"


class Lab:
    def __init__(self, folder):
        self.notebooks, self.token = folder / "notebooks", secrets.token_hex(16)
        self.notebooks.mkdir()
        for path in (ROOT / "notebooks").glob("0*.ipynb"):
            text = path.read_text().replace('profile: str = \\"digits\\"', 'profile: str = \\"smoke\\"')
            (self.notebooks / path.name).write_text(text)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.results = folder / "results"
        environment = os.environ | {
            "PAPERLIB_RESULTS": str(self.results), "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyter", "lab", "--ip=127.0.0.1", f"--port={self.port}", "--no-browser", "--allow-root",
                f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.notebooks}", "--LabApp.expose_app_in_browser=True",
            ],
            env=environment, stdout=subprocess.DEVNULL, stderr=(folder / "lab.log").open("w"),
        )  # fmt: skip
        self._wait()

    def _wait(self):
        for _ in range(600):
            try:
                urllib.request.urlopen(self.address("api/status"), timeout=5).read()
                return
            except (urllib.error.URLError, OSError):
                assert self.process.poll() is None
                time.sleep(0.2)
        raise TimeoutError("JupyterLab did not start")

    def address(self, path, token=True):
        return f"http://127.0.0.1:{self.port}/{path}" + (f"?token={self.token}" if token else "")

    def open(self, page, name):
        page.set_default_timeout(PATIENT)
        page.goto(f"{self.address(f'lab/tree/{name}.ipynb')}&reset")
        self.wait_for_kernel(page)

    @staticmethod
    def wait_for_kernel(page):
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")

    @staticmethod
    def run_all(page):
        page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")

    @staticmethod
    def command(page, name):
        page.evaluate("name => { jupyterapp.commands.execute(name) }", name)

    @staticmethod
    def errors(page):
        return [f"{o['ename']}: {o['evalue']}" for o in page.evaluate(OUTPUTS) if o["output_type"] == "error"]

    @staticmethod
    def text(page):
        return re.sub(r"\s+", " ", json.dumps(page.evaluate(OUTPUTS), ensure_ascii=False))

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
