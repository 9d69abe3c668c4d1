import torch

from mammo.training.devices import computing

CPU = torch.device("cpu")


def test_convolutions_on_a_gpu_are_fast_reproducible_and_exact():
    before = torch.backends.cudnn.allow_tf32
    with computing(CPU, "float32"):
        assert torch.backends.cudnn.enabled
        assert torch.backends.cudnn.deterministic and not torch.backends.cudnn.benchmark
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32 == before


def test_precision_is_that_asked_for():
    one = torch.ones(2, 2)
    for precision, dtype in (("bfloat16", torch.bfloat16), ("float32", torch.float32)):
        with computing(CPU, precision):
            assert torch.nn.functional.linear(one, one).dtype == dtype
