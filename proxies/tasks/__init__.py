"""Lists the tasks that ship with the package, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from proxies.task import Task
from proxies.tasks.byte_gru import BYTE_GRU
from proxies.tasks.byte_lm import BYTE_LM
from proxies.tasks.byte_lm_deep import BYTE_LM_DEEP
from proxies.tasks.byte_ngrams import BYTE_NGRAMS
from proxies.tasks.byte_text import BYTE_TEXT
from proxies.tasks.digit_images import DIGIT_IMAGES
from proxies.tasks.digit_sums import DIGIT_SUMS
from proxies.tasks.digits_autoencoder import DIGITS_AUTOENCODER
from proxies.tasks.digits_conv import DIGITS_CONV
from proxies.tasks.digits_conv_deep import DIGITS_CONV_DEEP
from proxies.tasks.digits_deep import DIGITS_DEEP
from proxies.tasks.digits_vae import DIGITS_VAE
from proxies.tasks.logistic import LOGISTIC
from proxies.tasks.quadratic import QUADRATIC
from proxies.tasks.spirals import SPIRALS
from proxies.tasks.tabular import CANCER_GAPS, WINE_GAPS
from proxies.tasks.teacher import TEACHER_STUDENT

TASKS: Mapping[str, Task] = MappingProxyType(
    {
        task.name: task
        for task in (
            *(DIGIT_IMAGES, BYTE_TEXT, QUADRATIC, LOGISTIC),
            *(DIGITS_AUTOENCODER, DIGITS_CONV, BYTE_NGRAMS, BYTE_LM),
            *(CANCER_GAPS, WINE_GAPS, TEACHER_STUDENT, SPIRALS, DIGITS_DEEP, DIGIT_SUMS, BYTE_GRU),
            *(DIGITS_VAE, DIGITS_CONV_DEEP, BYTE_LM_DEEP),
        )
    }
)
"""Every task by its name."""

SUITES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "micro": ("quadratic", "logistic"),
        "search": ("spirals", "byte_ngrams", "teacher_student", "cancer_gaps"),
        "select": (
            *("wine_gaps", "digits_autoencoder", "digits_deep", "digits_conv"),
            *("digit_sums", "byte_gru", "byte_lm"),
        ),
        "final": ("digits_vae", "digits_conv_deep", "byte_lm_deep"),
    }
)
"""Names of tasks by the name of their suite, the cheapest first. `micro` is a hurdle, `search` what
a search optimizes, `select` chooses among its finalists, `final` chooses nothing and is reported.
A task of a suite has qualified; `evosearch tasks` says why another has not.
"""


__all__ = ["SUITES", "TASKS"]
