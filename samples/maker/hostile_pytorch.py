"""Hostile PyTorch files: each is made from a good one by one change, or runs something when Python loads it."""

import struct

from . import zipfile, zips
from .case import Case
from .pickles import call, dictionary, integer, integers, list_of, name, ordered, pickle, storage, tensor, text, tuple_of
from .pytorch import A, B, FACTS, MAGIC, OBJECT, TENSORS, VERSION, archive, entries, legacy, short
from .zipfile import Entry


def cases() -> list[Case]:
    return [*ends(), *directory(), *local(), *stream(), *machine(), *code(), *storages(), *tensors(), *names(), *records(), *old()]


# The archive -----------------------------------------------------------------------------------------------------------

GOOD = archive()


def changed(index: int, **fields) -> bytes:
    """The good archive with one entry changed."""
    all_entries = entries()
    all_entries[index] = all_entries[index]._replace(**fields)
    return zipfile.build(all_entries)


def ends() -> list[Case]:
    build = lambda **options: zipfile.build(entries(), **options)
    return [
        Case("ZP001", "no-end-record", "the end record is cut off", GOOD[:-22]),
        Case("ZP001", "one-byte-short", "the last byte is missing", GOOD[:-1]),
        Case("ZP001", "trailing-byte", "a byte follows the end record", GOOD + b"\0"),
        Case("ZP001", "comment-short", "the comment is shorter than stated", build(comment=b"comment")[:-1]),
        Case("ZP002", "two-end-records", "the comment is an end record of its own", build(comment=b"PK\5\6" + bytes(18))),
        Case("ZP002", "second-disk", "the end record is that of a second disk", build(end={"disk": 1})),
        Case("ZP003", "no-locator", "the directory's offset is said to be 64-bit, and no record has it", build(end={"offset": 2**32 - 1})),
        Case("ZP003", "other-count", "the 64-bit end record has another number of entries", build(zip64=True, end64={"count": 4})),
        Case("ZP003", "other-offset", "the 64-bit end record has another offset", build(zip64=True, end64={"offset": 0})),
        Case("ZP003", "record-past-end", "the locator names a place behind itself", build(zip64=True, end64={"start": 2**40})),
        Case("ZP003", "record-overflow", "the locator names byte 2^64-1", build(zip64=True, end64={"start": 2**64 - 1})),
        Case("ZP004", "offset-one-less", "the directory is said to begin a byte early", build(end={"offset": len(GOOD)})),
        Case("ZP004", "gap-after-directory", "bytes lie between the directory and its end record", build(after_directory=b"hidden")),
        Case("ZP004", "size-overflow", "offset and size of the directory are 2^32-2", build(end={"offset": 2**32 - 2, "size": 2**32 - 2})),
        Case("ZP005", "count-one-less", "the end record counts an entry less", build(end={"count": 4})),
        Case("ZP005", "count-huge", "the end record counts 65,000 entries", build(end={"count": 65_000})),
        Case("ZP006", "count-one-more", "the end record counts an entry more", build(end={"count": 6})),
    ]  # fmt: skip


def directory() -> list[Case]:
    twice = zipfile.build([*entries(), entries()[0]._replace(data=pickle(b"N"))])
    rename = lambda new: changed(3, name=new)
    return [
        Case("ZP007", "parent-folder", "an entry is named archive/../../x", rename("archive/../../x")),
        Case("ZP007", "absolute", "an entry is named /etc/passwd", rename("/etc/passwd")),
        Case("ZP007", "backslash", "an entry's name holds a backslash", rename("archive\\..\\x")),
        Case("ZP007", "drive", "an entry is named C:/x", rename("C:/x")),
        Case("ZP007", "empty", "an entry has no name", rename("")),
        Case("ZP007", "nul", "an entry's name holds a NUL", rename("archive/data/0\0.txt")),
        Case("ZP007", "not-utf-8", "an entry's name is not UTF-8", rename(b"archive/data/\xff")),
        Case("ZP008", "data-pkl-twice", "two entries are named data.pkl, the second one is another pickle", twice),
        Case("ZP009", "encrypted", "an entry is said to be encrypted", changed(0, flags=1)),
        Case("ZP009", "encrypted-in-directory", "only the directory says that an entry is encrypted", changed(0, central={"flags": 1})),
        Case("ZP009", "patch", "an entry is said to be a patch", changed(0, flags=0x20)),
        Case("ZP009", "strong-encryption", "an entry is said to be strongly encrypted", changed(0, flags=0x40)),
        Case("ZP010", "bzip2", "an entry is compressed by bzip2", changed(0, method=12)),
        Case("ZP010", "zstandard", "an entry is compressed by Zstandard", changed(3, method=93)),
        Case("ZP011", "stored-size-differs", "a stored entry has two sizes", changed(3, central={"plain": 1 << 20}, local={"plain": 1 << 20})),
        Case("ZP003", "size-64-missing", "an entry's size is said to be 64-bit, and is not there", changed(3, central={"plain": 2**32 - 1})),
        Case("ZP003", "size-64-huge", "an entry's 64-bit size is 2^64-1", changed(3, central={"plain": 2**32 - 1}, central_extra=struct.pack("<2HQ", 1, 8, 2**64 - 1))),
        Case("ZP016", "bomb", "deflated bytes claim 4 GB", changed(3, method=8, central={"plain": 2**32 - 2}, local={"plain": 2**32 - 2})),
        Case("ZP012", "offset-past-end", "an entry is said to lie behind the file", changed(3, central={"offset": 2**31})),
        Case("ZP012", "size-past-directory", "an entry reaches into the directory", changed(4, central={"plain": 500, "stored": 500})),
    ]  # fmt: skip


def local() -> list[Case]:
    overlapping = entries()
    overlapping[3] = overlapping[3]._replace(written=A[:8])
    shared = entries() + [Entry("archive/data/2", B, central={"offset": 0})]
    wrong_descriptor = entries()
    wrong_descriptor[3] = wrong_descriptor[3]._replace(
        flags=8, local={"crc": 0, "stored": 0, "plain": 0}, descriptor=b"PK\7\x08" + bytes(12)
    )
    damaged = zipfile.deflate(OBJECT)
    return [
        Case("ZP013", "other-name", "the directory has another name than the local header", changed(0, local={"name": b"archive/dat4.pkl"})),
        Case("ZP013", "other-name-in-directory", "the name is altered in the directory only", changed(3, central={"name": b"archive/data/9"})),
        Case("ZP013", "other-method", "the local header says deflated", changed(0, local={"method": 8})),
        Case("ZP013", "other-size", "the local header has another size", changed(3, local={"plain": 8, "stored": 8})),
        Case("ZP013", "other-checksum", "the local header has another checksum", changed(3, local={"crc": 1})),
        Case("ZP013", "other-flags", "only the local header says that a descriptor follows", changed(3, local={"flags": 8})),
        Case("ZP013", "same-header-twice", "two entries of the directory have one local header", zipfile.build(shared)),
        Case("ZP014", "overlap", "an entry reaches into the next one", zipfile.build([
            entry._replace(central={"plain": 24, "stored": 24, "crc": zipfile.zlib.crc32(A)}, local={"plain": 24, "stored": 24, "crc": zipfile.zlib.crc32(A)}) if index == 3 else entry
            for index, entry in enumerate(overlapping)])),
        Case("ZP015", "gap", "bytes lie between two entries", zipfile.build(entries(), gap=b"a second file may hide here")),
        Case("ZP015", "wrong-descriptor", "a data descriptor disagrees with the directory", zipfile.build(wrong_descriptor)),
        Case("ZP017", "checksum", "data.pkl has another checksum", changed(0, central={"crc": 1}, local={"crc": 1})),
        Case("ZP018", "deflate-damaged", "the deflated pickle is damaged", changed(0, method=8, written=b"\x07" + damaged[1:])),
        Case("ZP018", "deflate-short", "the deflated pickle ends early", changed(0, method=8, written=damaged[:-4])),
        Case("ZP018", "deflate-excess", "the deflated pickle is longer than stated", changed(0, method=8, central={"plain": 8}, local={"plain": 8})),
        Case("ZP019", "deflated-pickle", "a pickle of 1 MB in 7 kB", deflated_bomb()),
        Case("ZP018", "deflate-trailing", "bytes follow the deflated pickle", changed(0, method=8, written=damaged + b"xx")),
    ]  # fmt: skip


# The pickle ------------------------------------------------------------------------------------------------------------


def body(instructions: bytes, protocol: int = 2) -> bytes:
    """An archive whose pickle is these instructions."""
    return archive(pickle(instructions, protocol), {})


def stream() -> list[Case]:
    huge = b"X" + struct.pack("<I", 2**32 - 1) + b"abc"
    frame = lambda count, rest: archive(b"\x80\x04\x95" + struct.pack("<Q", count) + rest, {})
    return [
        Case("PT001", "empty", "data.pkl is empty", archive(b"", {})),
        Case("PT001", "no-stop", "STOP is missing", archive(OBJECT[:-1])),
        Case("PT001", "half", "the second half of the pickle is missing", archive(OBJECT[: len(OBJECT) // 2])),
        Case("PT001", "text-2-pow-32", "a text has 2^32-1 bytes", body(huge)),
        Case("PT001", "text-2-pow-64", "a text of protocol 4 has 2^64-1 bytes", body(b"\x8d" + b"\xff" * 8 + b"abc", 4)),
        Case("PT001", "negative-length", "a string has -1 bytes", body(b"T" + b"\xff" * 4 + b"abc")),
        Case("PT001", "endless-name", "a name has no line feed", archive(b"\x80\x02c" + b"a" * 5000, {})),
        Case("PT001", "frame-past-end", "a frame is longer than the file", frame(1 << 40, b"}.")),
        Case("PT001", "frame-crossed", "an instruction reaches over the end of its frame", frame(3, b"K\1K\2\x86.")),
        Case("PT001", "frame-in-frame", "a frame begins inside another one", frame(12, b"\x95" + struct.pack("<Q", 2) + b"}.")),
        Case("PT002", "unknown-byte", "0xFF is no instruction", body(b"\xff")),
        Case("PT001", "zip-in-pickle", "data.pkl is a zip archive itself", archive(zipfile.build([Entry("x", b"y")]), {}), also=("PT002",)),
        Case("PT002", "7z-in-pickle", "data.pkl is a 7z archive", archive(b"7z\xbc\xaf\x27\x1c" + bytes(16), {})),
        Case("PT003", "protocol-6", "the protocol is 6", archive(pickle(b"}", 6), {})),
        Case("PT003", "protocol-twice", "PROTO stands twice", body(b"\x80\x02}")),
        Case("PT009", "trailing", "a second pickle follows the first", archive(OBJECT + pickle(b"}"))),
    ]  # fmt: skip


def machine() -> list[Case]:
    nested = b"]" * 1000 + b"a" * 999
    put = lambda index: b"r" + struct.pack("<I", index)
    return [
        Case("PT004", "pop-empty", "TUPLE2 takes two values, one is there", body(b"K\1\x86")),
        Case("PT004", "no-mark", "TUPLE takes values down to a mark, there is none", body(b"K\1t")),
        Case("PT004", "leftover", "STOP leaves a value behind", body(b"K\1}")),
        Case("PT004", "leftover-mark", "STOP leaves a mark behind", body(b"}(")),
        Case("PT004", "odd-pairs", "SETITEMS takes three values", body(b"}(K\1K\2K\3u")),
        Case("PT004", "stop-alone", "STOP finds nothing", body(b"")),
        Case("PT005", "unknown-number", "a value is used that was not kept", body(b"h\7")),
        Case("PT005", "far-number", "the first value is kept under number 2^32-1", body(b"}" + put(2**32 - 1))),
        Case("PT006", "deep", "1,000 lists are nested", body(nested)),
        Case("PT006", "lists", "30,000 empty lists in as many bytes", body(b"(" + b"]" * 30_000 + b"t")),
        Case("PT006", "nones", "90,000 times None in as many bytes, in a tuple", body(b"(" + b"N" * 90_000 + b"t")),
        Case("PT006", "call-again", "a call with 2,000 arguments, 2,000 times", body(b"(" + b"(" + b"N" * 2000 + b"tq\0" + name("torch", "Size") + b"q\1" + b"h\1h\0R" * 2000 + b"t")),
        Case("PT006", "tied", "10,000 names of one tensor", archive(pickle(b"}(" + text("a") + TENSORS["a"] + b"q\0" + b"".join(b"M" + struct.pack("<H", key) + b"h\0" for key in range(10_000)) + b"u"), {"0": A})),
        Case("PT006", "storages", "3,000 storages", archive(pickle(name("torch", "FloatStorage") + b"q\0" + b"0(" + b"".join(tuple_of(text("storage"), b"h\0", text(f"{key:x}"), text(""), integer(0)) + b"Q" for key in range(3000)) + b"t"), {}), also=("PT002",)),
        Case("PT006", "billion-laughs", "forty lists hold the one before twice", body(doubled_list())),
        Case("PT005", "stack-global-unkept", "STACK_GLOBAL takes names from an empty memo", body(b"h\5h\6\x93", 4)),
        Case("PT004", "setitem-without-key", "SETITEM finds one value above its dictionary", body(b"}K\1s")),
        Case("PT004", "append-alone", "APPEND finds a list and no value", body(b"]a")),
        Case("PT004", "appends-on-nothing", "APPENDS finds values above a mark and nothing below", body(b"(K\1e")),
        Case("PT007", "number-not-a-number", "a number of protocol 0 is a word", body(b"Iseven\n"), also=("PT002",)),
        Case("PT007", "name-not-utf-8", "a name that is imported is not UTF-8", body(b"cos\xff\nsystem\n")),
        Case("PT007", "text-not-utf-8", "a text is not UTF-8", body(b"X\2\0\0\0\xff\xfe")),
        Case("PT008", "list-as-key", "a list is a key", body(b"}]K\1s")),
        Case("PT008", "setitem-on-list", "SETITEM on a list", body(b"]K\1K\2s")),
        Case("PT008", "setitem-on-tensor", "SETITEM on a tensor", archive(pickle(ordered({"a": TENSORS["a"] + b"K\1K\2s"})))),
        Case("PT008", "append-to-dictionary", "APPEND on a dictionary", body(b"}K\1a")),
        Case("PT008", "append-to-integer", "APPEND on an integer", body(b"K\1K\2a")),
        Case("PT008", "build-on-list", "BUILD on a list", body(b"]}b")),
        Case("PT008", "build-on-tensor", "BUILD on a tensor", archive(pickle(ordered({"a": TENSORS["a"] + b"}b"})))),
        Case("PT008", "build-on-name", "BUILD on a class itself", body(name("collections", "OrderedDict") + b"}b")),
        Case("PT008", "call-integer", "an integer is called", body(b"K\1)R")),
        Case("PT008", "call-with-list", "a function is called with a list", body(name("collections", "OrderedDict") + b"]R")),
        Case("PT008", "stack-global-integers", "STACK_GLOBAL takes two integers", body(b"K\1K\2\x93", 4)),
        Case("PT023", "newobj-never-built", "a tensor is made by NEWOBJ and never filled", body(dictionary({"a": name("torch", "Tensor") + b")\x81"}))),
        Case("PT023", "cycle", "a dictionary holds itself, and no tensors", body(b"}q\0" + text("self") + b"h\0s")),
    ]  # fmt: skip


def deflated_bomb() -> bytes:
    """A pickle that is a megabyte of zeros, after an instruction that takes them as a text."""
    zeros = 258 * 4000 + 1
    head = b"\x80\x02X" + struct.pack("<I", zeros)
    stream = zips.stored_blocks(head)
    stream = b"\0" + stream[1:] + zips.zeros_stream(zeros)
    return zipfile.build([Entry("archive/data.pkl", head + bytes(zeros), method=8, written=stream)])


def doubled_list() -> bytes:
    """A list, then forty times a tuple that holds the one before twice: 2^40 paths."""
    out = list_of(integer(1), integer(2)) + b"q\0"
    for level in range(40):
        out += b"h" + bytes([level]) + b"\x86q" + bytes([level + 1])
    return out


# What Python would run --------------------------------------------------------------------------------------------------

SHELL = text("echo owned > /tmp/owned")


def calls(module: str, attribute: str, *arguments: bytes) -> bytes:
    """A file that makes Python call a function when it is loaded, beside good tensors."""
    return archive(pickle(ordered(TENSORS | {"x": call(module, attribute, *arguments)})))


DANGEROUS = [
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"), ("subprocess", "check_output"),
    ("builtins", "eval"), ("builtins", "exec"), ("__builtin__", "eval"), ("builtins", "getattr"), ("builtins", "__import__"),
    ("builtins", "compile"), ("builtins", "print"), ("builtins", "open"), ("runpy", "run_path"), ("runpy", "_run_code"), ("pty", "spawn"), ("webbrowser", "open"),
    ("importlib", "import_module"), ("socket", "create_connection"), ("shutil", "rmtree"), ("sys", "exit"), ("asyncio", "run"),
    ("bdb", "Bdb.run"), ("cProfile", "run"), ("code", "interact"), ("ctypes", "CDLL"), ("doctest", "debug_script"),
    ("ensurepip", "_run_pip"), ("functools", "partial"), ("http.client", "HTTPSConnection"), ("idlelib.pyshell", "ModifiedInterpreter.runcode"),
    ("imaplib", "IMAP4_stream"), ("lib2to3.pgen2.grammar", "Grammar.loads"), ("linecache", "getline"), ("logging.config", "dictConfig"),
    ("marshal", "loads"), ("multiprocessing.util", "spawnv_passfds"), ("operator", "attrgetter"), ("operator", "methodcaller"), ("pdb", "run"),
    ("pickle", "loads"), ("_pickle", "loads"), ("pip", "main"), ("pkgutil", "resolve_name"), ("platform", "popen"), ("profile", "run"),
    ("pydoc", "pipepager"), ("requests", "get"), ("signal", "signal"), ("smtplib", "SMTP"), ("ssl", "get_server_certificate"),
    ("test.support.script_helper", "assert_python_ok"), ("timeit", "timeit"), ("trace", "Trace.run"), ("types", "FunctionType"),
    ("urllib.request", "urlretrieve"), ("venv", "create"), ("zipimport", "zipimporter"),
    ("numpy.testing._private.utils", "runstring"), ("torch", "load"), ("torch.hub", "load"),
    ("torch.utils._config_module", "load_config"), ("torch.utils.bottleneck.__main__", "run_cprofile"),
    ("torch.utils.collect_env", "run"), ("torch.utils.data.datapipes.utils.decoder", "basichandlers"), ("dill", "loads"), ("joblib", "load"),
]  # fmt: skip

UNKNOWN = [
    ("acme_models.layers", "Fancy"), ("transformers.training_args", "TrainingArguments"), ("os2", "system"), ("torch.nn.modules.linear", "Linear"),
    ("torch._dynamo.guards", "GuardBuilder.get"), ("torch.distributed.rpc", "shutdown"), ("os\u0131", "system"), ("numpy.random.mtrand", "RandomState"),
]  # fmt: skip


def code() -> list[Case]:
    slug = lambda module, attribute: "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{module}-{attribute}").lower()
    dangerous = [
        Case("PT010", slug(*it), f"loading would call {it[0]}.{it[1]}", calls(*it, SHELL)) for it in DANGEROUS
    ]
    unknown = [Case("PT011", slug(*it), f"loading would call {it[0]}.{it[1]}, which is not known", calls(*it, SHELL)) for it in UNKNOWN]
    shell = name("os", "system")
    memo = b"\x80\x04" + short("os") + b"\x94" + short("system") + b"\x9400h\0h\1\x93" + SHELL + b"\x85R."
    return [
        *dangerous,
        *unknown,
        Case("PT011", "uuid-command", "loading would call a private function of a harmless module", calls("uuid", "_get_command_stdout", SHELL)),
        Case("PT010", "import-only", "os.system is named and not called", archive(pickle(ordered(TENSORS | {"x": shell})))),
        Case("PT010", "newobj", "subprocess.Popen is made by NEWOBJ", archive(pickle(ordered(TENSORS | {"x": name("subprocess", "Popen") + tuple_of(SHELL) + b"\x81"})))),
        Case("PT010", "newobj-ex", "subprocess.Popen is made by NEWOBJ_EX", archive(pickle(name("subprocess", "Popen") + tuple_of(SHELL) + b"}\x92", 4), {})),
        Case("PT010", "inst", "INST calls os.system (protocol 0)", archive(pickle(b"(" + SHELL + b"ios\nsystem\n", 2), {}), also=("PT002",)),
        Case("PT010", "obj", "OBJ calls os.system (protocol 1)", archive(pickle(b"(" + shell + SHELL + b"o"), {}), also=("PT002",)),
        Case("PT010", "stack-global", "STACK_GLOBAL names os.system", archive(pickle(short("os") + short("system") + b"\x93" + SHELL + b"\x85R", 4), {})),
        Case("PT010", "stack-global-memo", "STACK_GLOBAL takes its names from the memo", archive(memo, {}), also=("PT002",)),
        Case("PT010", "popped", "the result of os.system is thrown away by POP", archive(pickle(call("os", "system", SHELL) + b"0" + ordered(TENSORS)), {"0": A, "1": B}), also=("PT002",)),
        Case("PT010", "before-damage", "os.system is called, then the pickle is damaged", archive(pickle(call("os", "system", SHELL) + b"\xff"), {}), also=("PT002",)),
        Case("PT010", "as-key", "the result of os.system is a key", archive(pickle(dictionary([(call("os", "system", SHELL), integer(1))])), {})),
        Case("PT010", "in-storage-name", "the name of a storage is the result of eval", archive(pickle(call("builtins", "eval", SHELL) + b"Q"), {}), also=("PT013",)),
        Case("PT010", "in-tensor", "a tensor's size is the result of eval", archive(pickle(ordered({"a": call("torch._utils", "_rebuild_tensor_v2", storage("0", 6), integer(0), call("builtins", "eval", SHELL), integers([1]), b"\x89", b"N")})), {"0": A}), also=("PT016",)),
        Case("PT010", "state", "BUILD gives an object of posix.system its state", archive(pickle(name("posix", "system") + b")\x81" + dictionary({"a": integer(1)}) + b"b"), {})),
        Case("PT010", "subclass", "a tensor of a subclass is rebuilt by os.system", archive(pickle(call("torch._tensor", "_rebuild_from_type_v2", shell, name("torch", "Tensor"), tuple_of(SHELL), b"}")), {}), also=("PT018",)),
        Case("PT010", "nested-load", "torch.load is called with weights_only=False", calls("torch.serialization", "load", text("x.pt"))),
        Case("PT010", "numpy-object-array", "a NumPy array is loaded from a file", calls("numpy", "load", text("x.npy"))),
        Case("PT010", "script-name-outside-script", "a pickle names code of TorchScript's folder and calls eval", archive(pickle(call("builtins", "eval", SHELL)), {})),
        Case("PT011", "script-class-without-script", "a class of TorchScript is named, and there is no program", archive(pickle(name("__torch__.m", "M") + b")\x81"), {})),
        Case("PT011", "line-feed-in-name", "STACK_GLOBAL names a module with a line feed in it", archive(pickle(short("collections\nos") + short("system") + b"\x93)R", 4), {})),
        Case("PT002", "ext1", "EXT1 names a registered class", body(b"\x82\1")),
        Case("PT002", "ext2", "EXT2 names a registered class", body(b"\x83\1\0")),
        Case("PT002", "ext4", "EXT4 names a registered class", body(b"\x84\1\0\0\0")),
        Case("PT002", "dup", "DUP, which only attacks need", body(b"K\0012\x86")),
        Case("PT002", "next-buffer", "NEXT_BUFFER takes bytes from outside the file", body(b"\x97", 5)),
        Case("PT002", "persid", "PERSID names a storage by a line of text", body(b"Pstorage\n"), also=("PT013",)),
    ]  # fmt: skip


# Storages and tensors -----------------------------------------------------------------------------------------------------


def view(sizes: list[int], strides: list[int], offset: int = 0, **options) -> bytes:
    return archive(pickle(ordered({"a": tensor(storage("0", 6, **options), sizes, strides, offset)})), {"0": A})


def storages() -> list[Case]:
    named = lambda *parts: archive(pickle(ordered({"a": tensor(tuple_of(*parts) + b"Q", [2], [1])})), {"0": A})
    good = [text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"), integer(6)]
    twice = ordered({"a": TENSORS["a"], "b": tensor(storage("0", 12, "HalfStorage"), [2], [1])})
    return [
        Case("PT013", "text", "the storage's name is a text", archive(pickle(ordered({"a": tensor(text("0") + b"Q", [2], [1])})), {"0": A})),
        Case("PT013", "other-kind", "the name does not begin with 'storage'", named(text("module"), *good[1:])),
        Case("PT013", "short", "the name has four parts", named(*good[:4])),
        Case("PT013", "long", "the name has seven parts", named(*good, b"N", b"N")),
        Case("PT013", "type-as-text", "the type is a text", named(good[0], text("FloatStorage"), *good[2:])),
        Case("PT013", "type-unusual", "the type is no storage", named(good[0], name("torch", "Size"), *good[2:])),
        Case("PT013", "negative", "the element count is -1", named(*good[:4], integer(-1))),
        Case("PT013", "huge", "the element count is 2^62, its bytes overflow", named(*good[:4], integer(2**62))),
        Case("PT013", "float-count", "the element count is a float", named(*good[:4], b"G" + struct.pack(">d", 6.0))),
        Case("PT013", "two-types", "two tensors have one storage with different types", archive(pickle(twice), {"0": A})),
        Case("PT013", "view-outside", "a part of a storage lies outside it", named(*good, tuple_of(text("v"), integer(5), integer(2)))),
        Case("PT014", "missing", "a storage has no entry", archive(storages={"0": A})),
        Case("PT014", "path-as-key", "a storage's key leads out of the folder", archive(pickle(ordered({"a": tensor(storage("../version", 6), [2], [1])})), {})),
        Case("PT015", "short", "a storage is four bytes short", archive(storages={"0": A[:-4], "1": B})),
        Case("PT015", "long", "a storage is four bytes long", archive(storages={"0": A + A[:4], "1": B})),
        Case("PT015", "empty", "a storage is empty", archive(storages={"0": b"", "1": B})),
        Case("PT031", "unused-storage", "no tensor uses a storage", archive(storages={"0": A, "1": B, "2": B})),
        Case("PT031", "stray-entry", "an entry lies in no known place", archive(**{"payload.sh": b"echo"})),
    ]  # fmt: skip


def tensors() -> list[Case]:
    rebuilt = lambda function, *arguments: archive(pickle(ordered({"a": call("torch._utils", function, *arguments)})), {"0": A})
    source = storage("0", 6)
    lazy = lambda flag: tensor(storage("0", 3, "ComplexFloatStorage"), [3], [1], 0, dictionary({flag: b"\x88"}))
    wrapped = TENSORS["a"]
    for _ in range(9):
        wrapped = call("torch._utils", "_rebuild_parameter", wrapped, b"\x89", b"N")
    return [
        Case("PT016", "three-arguments", "a tensor has three arguments", rebuilt("_rebuild_tensor_v2", source, integer(0), integers([2]))),
        Case("PT016", "sizes-as-text", "the sizes are a text", rebuilt("_rebuild_tensor", source, integer(0), text("2"), integers([1]))),
        Case("PT016", "float-size", "a size is a float", rebuilt("_rebuild_tensor", source, integer(0), tuple_of(b"G" + bytes(8)), integers([1]))),
        Case("PT016", "no-storage", "the storage is a tuple and not named", rebuilt("_rebuild_tensor", integers([1]), integer(0), integers([2]), integers([1]))),
        Case("PT016", "negative-size", "a size is -1", view([-1], [1])),
        Case("PT016", "negative-stride", "a stride is -1", view([2], [-1])),
        Case("PT016", "negative-offset", "the offset is -1", view([2], [1], -1)),
        Case("PT016", "two-strides", "one size, two strides", view([2], [1, 1])),
        Case("PT016", "rank-65", "a tensor has 65 dimensions", view([1] * 65, [1] * 65)),
        Case("PT016", "parameter-of-nothing", "a parameter wraps an integer", rebuilt("_rebuild_parameter", integer(1), b"\x89", b"N")),
        Case("PT006", "wrapped", "a tensor is wrapped nine times", archive(pickle(ordered({"a": wrapped})), {"0": A})),
        Case("PT017", "one-too-many", "a tensor has seven elements, its storage six", view([7], [1])),
        Case("PT017", "offset-behind", "a tensor begins behind its storage", view([1], [1], 6)),
        Case("PT017", "stride", "strides lead out of the storage", view([2, 2], [5, 1])),
        Case("PT017", "size-overflow", "the sizes' product is 2^64", view([2**32, 2**32], [0, 0])),
        Case("PT017", "stride-overflow", "size times stride is over 2^63", view([2**40, 2], [2**40, 1])),
        Case("PT017", "offset-huge", "the offset is 2^62", view([1], [1], 2**62)),
        Case("PT017", "empty-outside", "an empty tensor begins behind its storage", view([0], [1], 7)),
        Case("PT017", "zero-and-huge", "a zero dimension hides an overflow", view([0, 2**62, 2**62], [1, 1, 1])),
        Case("PT018", "sparse", "a sparse tensor", rebuilt("_rebuild_sparse_tensor", integer(0), tuple_of())),
        Case("PT018", "sparse-rows", "a tensor of sparse rows", rebuilt("_rebuild_sparse_csr_tensor", name("torch", "sparse_csr"), tuple_of())),
        Case("PT018", "nested", "a tensor of tensors", rebuilt("_rebuild_nested_tensor", source, integers([2]), integers([1]), integers([0]))),
        Case("PT018", "quantised", "a quantised tensor", rebuilt("_rebuild_qtensor", source)),
        Case("PT018", "meta", "a tensor without data", rebuilt("_rebuild_meta_tensor_no_storage", integers([2]))),
        Case("PT019", "complex-double", "a storage of complex doubles", archive(pickle(ordered({"a": tensor(storage("0", 1, "ComplexDoubleStorage"), [1], [1])})), {"0": A[:16]})),
        Case("PT019", "untyped", "a storage without a type", archive(pickle(ordered({"a": tensor(storage("0", 24, "UntypedStorage"), [1], [1])})), {"0": A})),
        Case("PT020", "conjugated", "a tensor is to be conjugated", archive(pickle(ordered({"a": lazy("conj")})), {"0": A})),
        Case("PT020", "negated", "a tensor is to be negated", archive(pickle(ordered({"a": lazy("neg")})), {"0": A})),
    ]  # fmt: skip


def names() -> list[Case]:
    named = lambda key: archive(pickle(ordered({key: TENSORS["a"]})), {"0": A})
    nested = ordered({"a.b": TENSORS["a"], "a": ordered({"b": TENSORS["b"]})})
    twice = name("collections", "OrderedDict") + b")R(" + text("a") + TENSORS["a"] + text("a") + TENSORS["b"] + b"u"
    return [
        Case("PT021", "same-key", "a key stands twice, with other shapes", archive(pickle(twice))),
        Case("PT021", "same-path", "a key with a dot and a nested key have one path", archive(pickle(nested))),
        Case("PT022", "empty", "a name is empty", named("")),
        Case("PT022", "nul", "a name holds a NUL", named("a\0b")),
        Case("PT022", "escape", "a name holds an escape sequence", named("\x1b[2Ja")),
        Case("PT022", "bidi", "a name reverses the direction of text", named("a\u202eb")),
        Case("PT022", "long", "a name has 65,536 bytes", named("a" * 65_536)),
        Case("PT023", "no-tensors", "there are no tensors", body(dictionary({"epoch": integer(3)}))),
    ]  # fmt: skip


def records() -> list[Case]:
    folder = [Entry("first/readme", b"x"), *entries()]
    return [
        Case("PT024", "no-pickle", "the archive holds no data.pkl", zipfile.build(entries()[1:])),
        Case("PT024", "other-folder", "data.pkl is in another folder than the first entry", zipfile.build(folder)),
        Case("PT024", "plain-zip", "a zip archive of a text", zipfile.build([Entry("readme.txt", b"hello")])),
        Case("PT025", "version-text", "the version is 'x'", archive(version=b"x\n")),
        Case("PT025", "version-99", "the version is 99", archive(version=b"99\n")),
        Case("PT025", "byte-order", "the byte order is 'middle'", archive(byteorder=b"middle")),
        Case("ZP019", "version-long", "the version has 100 digits", archive(version=b"1" * 100)),
    ]  # fmt: skip


# The old container --------------------------------------------------------------------------------------------------------


def old() -> list[Case]:
    computed = pickle(call("builtins", "eval", text("0x1950a86a20f9469cfc6c")))
    keys = lambda *names: pickle(list_of(*map(text, names)))
    good = legacy()
    data = legacy(storages={})
    wrong_count = data + struct.pack("<Q", 7) + A + struct.pack("<Q", 2) + B
    with_keys = MAGIC + VERSION + FACTS + OBJECT + keys("0", "1")
    return [
        Case("PT026", "magic-other", "the magic number is another one", legacy(magic=pickle(b"\x8a\x0a" + bytes(range(10))))),
        Case("PT026", "magic-small", "the magic number is 3", legacy(magic=pickle(integer(3)))),
        Case("PT010", "magic-eval", "the magic number is computed by eval", legacy(magic=computed), also=("PT026",)),
        Case("PT026", "plain-pickle", "a pickle of a dictionary", pickle(dictionary({"a": integer(1)}))),
        Case("PT010", "raw-protocol-2", "a pickle that calls os.system, named .pt", pickle(call("os", "system", SHELL)), also=("PT026",)),
        Case("PT010", "raw-protocol-3", "the same in protocol 3", pickle(call("os", "system", SHELL), 3), also=("PT026",)),
        Case("PT010", "raw-protocol-4", "the same in protocol 4", pickle(short("os") + short("system") + b"\x93" + SHELL + b"\x85R", 4), also=("PT026",)),
        Case("PT010", "raw-protocol-0", "the same in protocol 0", b"cos\nsystem\n(S'echo owned'\ntR.", also=("PT002", "PT026")),
        Case("PT010", "raw-protocol-1", "the same in protocol 1", b"cposix\nsystem\nq\0(X\4\0\0\0echotq\1Rq\2.", also=("PT026",)),
        Case("PT010", "raw-then-garbage", "a call of os.system, then bytes that are no pickle", pickle(call("os", "system", SHELL))[:-1] + b"\xff\xff", also=("PT002",)),
        Case("PT027", "version", "the version is 1000", legacy(version=pickle(integer(1000)))),
        Case("PT027", "facts", "the facts about the machine are a list", legacy(facts=pickle(b"]"))),
        Case("PT028", "no-list", "the list of storages is a dictionary", legacy(keys=pickle(b"}"))),
        Case("PT028", "unknown-key", "the list names a storage that no tensor has", legacy(keys=keys("0", "1", "2"))),
        Case("PT028", "twice", "the list names a storage twice", legacy(keys=keys("0", "0", "1"))),
        Case("PT014", "legacy-missing", "the list does not name a storage", legacy(storages={"0": A})),
        Case("PT029", "count-differs", "a storage states seven elements and has six", with_keys + wrong_count[len(data) :]),
        Case("PT029", "cut-off", "the last storage lacks a byte", good[:-1]),
        Case("PT029", "trailing", "bytes follow the last storage", good + b"\0"),
        Case("PT001", "legacy-cut-in-pickle", "the file ends inside the pickle", good[: len(good) // 2]),
    ]  # fmt: skip
