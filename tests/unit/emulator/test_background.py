"""Work of the landscape itself: in order, side by side, and never longer than it is served."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from harness.emulator import background
from harness.emulator.server import running_server
from tests.support.repository import PROJECT
from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.plumbing import control


def test_work_with_one_key_is_done_in_its_order_and_other_work_beside_it(tenant: Tenant) -> None:
    del tenant  # something is served
    done: list[int] = []
    gate = threading.Event()
    background.submit("slow", lambda: gate.wait(10))
    for number in range(50):
        background.submit("one", lambda number=number: done.append(number))  # type: ignore[misc] # a default
    background.submit("one", gate.set)
    assert background.wait_until_idle(10)
    assert done == list(range(50))


def test_what_fails_stops_nothing_else(tenant: Tenant) -> None:
    del tenant
    done: list[int] = []
    background.submit("one", lambda: 1 / 0)
    background.submit("one", lambda: done.append(1))
    assert background.wait_until_idle(10)
    assert done == [1]


def test_the_landscape_is_busy_until_what_is_to_come_has_come(tenant: Tenant) -> None:
    background.later(0.3, "later", lambda: None)
    assert control(tenant, "POST", "idle", seconds="0.05")[1]["idle"] is False
    assert control(tenant, "POST", "idle", seconds="10")[1] == {"idle": True, "inFlight": 0}


def test_an_unknown_control_path_says_which_there_are(tenant: Tenant) -> None:
    status, answer = control(tenant, "POST", "nothing/here")
    assert status == 404
    assert answer["error"].startswith("nothing is known of nothing: there is alarms, ")


def test_a_control_path_that_cannot_answer_says_why(tenant: Tenant) -> None:
    assert control(tenant, "POST", "idle", seconds="soon") == (404, {"error": "seconds is a number, and not 'soon'"})
    status, answer = control(tenant, "POST", "schedules/default/daily/fire", region="nowhere-1")
    assert (status, "nowhere-1" in answer["error"]) == (500, True)


def test_where_nothing_is_served_nothing_is_done() -> None:
    script = (
        "from harness.emulator import background\n"
        "from harness.emulator.events import bus\n"
        "background.submit('k', lambda: print('done'))\n"
        "bus.publish('310000000000', 'eu-west-1', 'aws.x', 't', {})\n"
        "print(background.in_flight())\n"
    )
    assert run(script) == "0\n"


def test_functions_and_timers_end_with_the_server() -> None:
    script = (
        "import threading, time\n"
        "from harness.emulator import background\n"
        "from harness.emulator.server import running_server\n"
        "with running_server():\n"
        "    background.submit('k', lambda: time.sleep(0.1))\n"
        "    background.later(60, 'k', lambda: None)\n"
        "print(sorted(each.name for each in threading.enumerate()), background.in_flight())\n"
    )
    assert run(script) == "['MainThread'] 0\n"


def run(script: str) -> str:
    ended = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    return ended.stdout


def test_what_takes_long_keeps_a_slot_and_nobody_waiting_for_another(tenant: Tenant) -> None:
    del tenant
    slots, done, most = background.Slots(2), [], []
    gate, under_way = threading.Event(), set()

    def work(number: int) -> None:
        under_way.add(number)
        most.append(len(under_way))
        if number == 0:
            gate.wait(10)
        done.append(number)
        under_way.discard(number)
        if number == 5:
            gate.set()

    for number in range(6):
        slots.submit(f"slot {number}", lambda number=number: work(number))  # type: ignore[misc] # a default
    assert background.wait_until_idle(20)
    assert (done, max(most)) == ([1, 2, 3, 4, 5, 0], 2)


def test_a_server_within_another_ends_nothing_of_it(tenant: Tenant) -> None:
    del tenant
    with running_server():
        pass
    done: list[int] = []
    background.submit("one", lambda: done.append(1))
    deadline = time.monotonic() + 10
    while not done and time.monotonic() < deadline:
        time.sleep(0.01)
    assert done == [1]


def test_what_was_left_behind_is_forgotten_before_the_next_landscape_begins() -> None:
    script = (
        "from harness.emulator import background\n"
        "from harness.emulator.server import running_server\n"
        "background.when_ended(lambda: print('forgotten'))\n"
        "with running_server():\n"
        "    print('served')\n"
    )
    assert run(script) == "forgotten\nserved\nforgotten\n"


def test_metrics_that_nobody_was_told_of_silence_no_later_landscape() -> None:
    script = (
        "import time\n"
        "from harness.emulator import background\n"
        "from harness.emulator.alarms import metrics\n"
        "from harness.emulator.server import running_server\n"
        "told, place = [], ('310000000000', 'eu-west-1', 'AWS/Lambda')\n"
        "metrics.when_arrived(lambda account, region, new: told.append(sorted(new)))\n"
        "with running_server():\n"
        "    background.submit('metrics:310000000000:eu-west-1', lambda: time.sleep(0.2))\n"
        "    metrics.record(*place, [metrics.Datum('Errors', 1)])\n"
        "with running_server():\n"
        "    metrics.record(*place, [metrics.Datum('Invocations', 1)])\n"
        "    background.wait_until_idle(10)\n"
        "print(told)\n"
    )
    assert run(script) == "[[('AWS/Lambda', 'Invocations')]]\n"


def test_a_job_that_has_not_come_to_its_process_hears_that_the_landscape_ends() -> None:
    script = (
        "import threading\n"
        "from harness.emulator import identity\n"
        "from harness.emulator.sagemaker import jobs_run\n"
        "from harness.emulator.sagemaker.jobs_model import PROCESSING, Job\n"
        "from harness.emulator.sagemaker.naming import Place\n"
        "from harness.emulator.server import running_server\n"
        "session = identity.open_session(identity.caller('310000000000'), 'x', 60)\n"
        "job = Job(PROCESSING, Place('310000000000', 'eu-west-1', 'processing-job', 'j'), {}, session)\n"
        "begun, told = threading.Event(), []\n"
        "def work(job):\n"
        "    begun.set()\n"
        "    told.append(job.stopped.wait(4))\n"
        "with running_server():\n"
        "    jobs_run.begin(job, work)\n"
        "    begun.wait(10)\n"
        "print(told)\n"
    )
    assert run(script) == "[True]\n"
