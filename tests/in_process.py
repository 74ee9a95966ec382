"""A papermill engine without a kernel process: a notebook's cells run in this process, in a namespace of their own.

Starting a kernel and importing everything takes longer than a tiny notebook does. One point of the sweep, and the classifier's appendix, run
in real kernels.
"""

import sys
from threading import Lock

import matplotlib.pyplot as plt
import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from IPython.utils.capture import capture_output
from papermill.engines import Engine, papermill_engines

ALONE = Lock()


class InProcess(Engine):
    """papermill.execute_notebook(..., engine_name="in process")"""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **_):
        with ALONE:
            main = sys.modules["__main__"]
            shell = InteractiveShell.instance()
            shell.kernel = None
            shell.displayhook.quiet = lambda: True
            select_figure_formats(shell, {"png"})
            try:
                for index, cell in enumerate(nb_man.nb.cells):
                    if cell.cell_type == "code":
                        nb_man.cell_start(cell, index)
                        cls.run_cell(shell, cell)
                        nb_man.cell_complete(cell, index)
                        if any(output.output_type == "error" for output in cell.outputs):
                            nb_man.cell_exception(cell, index)
                            break
            finally:
                InteractiveShell.clear_instance()
                sys.modules["__main__"] = main

    @staticmethod
    def run_cell(shell, cell):
        with capture_output() as captured:
            result = shell.run_cell(cell.source, store_history=True)
        cell.execution_count = shell.execution_count - 1
        streams = (("stdout", captured.stdout), ("stderr", captured.stderr))
        cell.outputs = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in streams if text]
        cell.outputs += [
            nbformat.v4.new_output("display_data", data=output.data, metadata=output.metadata or {}) for output in captured.outputs
        ]
        shown = [plt.figure(number) for number in plt.get_fignums()] + [result.result] * (result.result is not None)
        cell.outputs += [nbformat.v4.new_output("display_data", data=shell.display_formatter.format(one)[0]) for one in shown]
        plt.close("all")
        if error := result.error_before_exec or result.error_in_exec:
            cell.outputs.append(
                nbformat.v4.new_output(
                    "error", ename=type(error).__name__, evalue=str(error), traceback=[f"{type(error).__name__}: {error}"]
                )
            )


papermill_engines.register("in process", InProcess)
