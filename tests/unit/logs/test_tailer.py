"""Which files are followed, and from where: decisions alone, without a disk."""

from serverless_init.logs.registry import read, write
from serverless_init.logs.tailer import Identity, Known, Seen, Tail, Tailer

A, B, C = (1, 1), (1, 2), (1, 3)


class Disk:
    """Files by identity; `paths` are those that match."""

    def __init__(self) -> None:
        self.paths: dict[str, Identity] = {}
        self.content: dict[Identity, bytes] = {}

    def seen(self, path: str, identity: Identity) -> Seen:
        content = self.content[identity]
        return Seen(path, identity, len(content), content[:256])


class Following:
    """A tailer over a disk that reads whatever there is at every look."""

    def __init__(self, disk: Disk, known: tuple[Known, ...] = (), files_max: int = 10) -> None:
        self.disk = disk
        self.tailer = Tailer(files_max=files_max, known=known)
        self.got = b""

    def look(self, now: float = 0.0) -> tuple[int, int, int, int]:
        """How many files were opened, restarted, closed and refused."""
        disk, tails = self.disk, self.tailer.tails
        look = self.tailer.look(
            [disk.seen(path, identity) for path, identity in disk.paths.items()],
            {identity: disk.seen(tail.path, identity) for identity, tail in tails.items()},
            now,
        )
        for tail in self.tailer.tails.values():
            data = disk.content[tail.identity][tail.offset :]
            tail.read(data)
            self.got += data
        return len(look.opened), len(look.restarted), len(look.closed), look.refused


def test_a_new_file_is_read_from_its_beginning_and_then_what_is_added() -> None:
    disk = Disk()
    disk.paths, disk.content = {"app.log": A}, {A: b"one\n"}
    following = Following(disk)
    assert following.look() == (1, 0, 0, 0)
    disk.content[A] += b"two\n"
    assert following.look() == (0, 0, 0, 0)
    assert following.got == b"one\ntwo\n"


def test_a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_beginning() -> None:
    disk = Disk()
    disk.paths, disk.content = {"app.log": A}, {A: b"one\n"}
    following = Following(disk)
    following.look()
    disk.content[A] += b"two\n"
    disk.content[B] = b"three\n"
    disk.paths = {"app.log": B}
    assert following.look(10.0) == (1, 0, 0, 0)
    assert following.got == b"one\ntwo\nthree\n"


def test_a_rotated_file_that_still_matches_is_not_read_twice() -> None:
    disk = Disk()
    disk.paths, disk.content = {"app.log": A}, {A: b"one\n"}
    following = Following(disk)
    following.look()
    disk.content[B] = b"two\n"
    disk.paths = {"app.log": B, "app.log.1": A}
    following.look()
    assert following.got == b"one\ntwo\n"


def test_a_file_without_a_path_is_followed_for_a_minute_more() -> None:
    disk = Disk()
    disk.paths, disk.content = {"app.log": A}, {A: b"one\n"}
    following = Following(disk)
    following.look(0.0)
    disk.paths = {}
    assert following.look(1.0) == (0, 0, 0, 0)
    disk.content[A] += b"late\n"
    assert following.look(60.9) == (0, 0, 0, 0)
    assert following.look(61.0) == (0, 0, 1, 0)
    assert following.got == b"one\nlate\n"


def test_a_truncated_file_is_read_again_from_its_beginning() -> None:
    disk = Disk()
    disk.paths, disk.content = {"app.log": A}, {A: b"one\ntwo\n"}
    following = Following(disk)
    following.look()
    disk.content[A] = b"3\n"
    assert following.look() == (0, 1, 0, 0)
    assert following.got == b"one\ntwo\n3\n"


def test_a_truncated_file_that_has_outgrown_its_old_size_is_known_by_its_beginning() -> None:
    disk = Disk()
    disk.paths, disk.content = {"app.log": A}, {A: b"one\n"}
    following = Following(disk)
    following.look()
    disk.content[A] = b"two and more\n"
    assert following.look() == (0, 1, 0, 0)
    assert following.got == b"one\ntwo and more\n"


def test_more_files_than_allowed_are_refused_until_there_is_room() -> None:
    disk = Disk()
    disk.paths = {"a": A, "b": B, "c": C}
    disk.content = {A: b"a\n", B: b"b\n", C: b"c\n"}
    following = Following(disk, files_max=2)
    assert following.look() == (2, 0, 0, 1)
    del disk.paths["a"]
    following.look(1.0)
    assert following.look(100.0) == (1, 0, 1, 0)
    assert following.got == b"a\nb\nc\n"


def test_a_known_file_goes_on_where_it_was_and_a_reused_inode_begins_anew() -> None:
    disk = Disk()
    disk.paths = {"a": A, "b": B, "c": C}
    disk.content = {A: b"one\ntwo\n", B: b"other\n", C: b"x\n"}
    known = (Known(A, 4, b"one\n"), Known(B, 4, b"one\n"), Known(C, 9, b"x\n"))
    following = Following(disk, known)
    following.look()
    assert following.got == b"two\nother\nx\n"


def test_only_what_is_delivered_is_remembered_and_never_half_a_line() -> None:
    tail = Tail("app.log", A)
    tail.read(b"one\ntwo\nthr")
    steps = [
        tail.advance(taken=0, settled=0),  # from now on the two lines are a checkpoint
        tail.advance(taken=0, settled=0),
        tail.advance(taken=2, settled=0),  # the lane has them
        tail.advance(taken=2, settled=1),
    ]
    assert (steps, tail.delivered) == ([False] * 4, 0)
    assert tail.advance(taken=2, settled=2)
    assert tail.delivered == 8


def test_the_registry_reads_what_it_wrote() -> None:
    known = [Known(A, 0, b""), Known(B, 2**40, bytes(range(256)))]
    assert read(write(known)) == known
