"""The snippets of a run of Pebble, filled in and run where their library is at hand; the others are held to their shell's grammar."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys

from exported_run import trained
from run import ROOT, same
from test_exports import BASE, greedy, load, questions, server, with_adapter
