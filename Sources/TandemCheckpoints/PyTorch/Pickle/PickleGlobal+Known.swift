extension PickleGlobal {
  /// The names that checkpoints use, by module and name.
  static let known: [String: Role] = {
    var roles: [String: Role] = [
      "collections.OrderedDict": .dictionary, "collections.defaultdict": .dictionary,
      "torch._utils._rebuild_tensor": .tensor(version: 1),
      "torch._utils._rebuild_tensor_v2": .tensor(version: 2),
      "torch._utils._rebuild_tensor_v3": .tensor(version: 3),
      "torch._utils._rebuild_parameter": .parameter,
      "torch._utils._rebuild_parameter_with_state": .parameter,
      "torch._tensor._rebuild_from_type_v2": .tensorSubclass,
      "torch._utils._rebuild_qtensor": .otherTensor("quantised"),
      "torch._utils._rebuild_sparse_tensor": .otherTensor("sparse"),
      "torch._utils._rebuild_sparse_csr_tensor": .otherTensor("sparse"),
      "torch._utils._rebuild_nested_tensor": .otherTensor("nested"),
      "torch._utils._rebuild_meta_tensor_no_storage": .otherTensor("without data (meta)"),
      "torch._utils._rebuild_wrapper_subclass": .otherTensor("of a subclass without storage"),
      "torch._utils._rebuild_device_tensor_from_numpy": .otherTensor("stored as a NumPy array"),
      "torch._utils._rebuild_xla_tensor": .otherTensor("stored as a NumPy array"),
      "torch._utils._rebuild_device_tensor_from_cpu_tensor": .parameter,
    ]
    for name in inert { roles[name] = .inert }
    return roles
  }()

  /// Classes and functions that only make data of what they are given.
  private static let inert: Set = [
    "collections.Counter", "collections.deque", "torch.Size", "torch.device",
    "torch.strided", "torch.sparse_coo", "torch.sparse_csr", "torch.contiguous_format",
    "torch.preserve_format", "torch.channels_last", "torch.channels_last_3d",
    "torch.per_tensor_affine", "torch.per_tensor_symmetric", "torch.per_channel_affine",
    "torch.per_channel_symmetric", "torch.per_channel_affine_float_qparams", "torch.Tensor",
    "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch.serialization._get_layout",
    "torch.FloatTensor", "torch.DoubleTensor", "torch.HalfTensor", "torch.BFloat16Tensor",
    "torch.LongTensor", "torch.IntTensor", "torch.ShortTensor", "torch.CharTensor",
    "torch.ByteTensor", "torch.BoolTensor",
    "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist",
    "torch.jit._pickle.build_boollist", "torch.jit._pickle.build_tensorlist",
    "torch.jit._pickle.restore_type_tag",
    "builtins.bool", "builtins.bytearray", "builtins.bytes", "builtins.complex", "builtins.dict",
    "builtins.float", "builtins.frozenset", "builtins.int", "builtins.list", "builtins.object",
    "builtins.range", "builtins.set", "builtins.slice", "builtins.str", "builtins.tuple",
    "builtins.long",
    "builtins.unicode",
    "_codecs.encode", "copyreg._reconstructor", "argparse.Namespace", "types.SimpleNamespace",
    "datetime.date", "datetime.datetime", "datetime.timedelta", "datetime.timezone",
    "decimal.Decimal", "fractions.Fraction", "uuid.UUID",
    "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath", "pathlib.WindowsPath",
    "numpy.ndarray", "numpy.dtype", "numpy.core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct", "numpy.core.numeric._frombuffer",
    "numpy.bool_", "numpy.float16", "numpy.float32", "numpy.float64", "numpy.int8", "numpy.int16",
    "numpy.int32", "numpy.int64", "numpy.uint8", "numpy.uint16", "numpy.uint32", "numpy.uint64",
    "numpy.dtypes.Float32DType", "numpy.dtypes.Float64DType", "numpy.dtypes.Int64DType",
  ]

  /// Modules whose functions run programs or code, change files, load code or reach the network.
  ///
  /// The list only decides how a finding is worded and that lenient reading refuses the file too:
  /// a name that is on no list is refused as well.
  static let dangerousModules: Set = [
    "_aix_support", "_io", "_osx_support", "_pickle", "_posixsubprocess", "_pyrepl", "_socket",
    "_winapi", "aiohttp", "asyncio", "bdb", "builtins", "cProfile", "code", "codeop", "commands",
    "concurrent", "cloudpickle", "ctypes", "dill", "distutils", "doctest", "ensurepip", "ftplib",
    "functools", "gc", "getpass", "glob", "http", "httplib", "idlelib", "imaplib", "imp",
    "importlib", "inspect", "io", "joblib", "lib2to3", "linecache", "logging", "marshal",
    "multiprocessing", "netrc", "nt", "ntpath", "nturl2path", "operator", "os", "pdb",
    "pickle", "pip", "pkgutil", "platform", "poplib", "posix", "posixpath", "profile", "pty",
    "pydoc", "requests", "resource", "runpy", "select", "setuptools", "shelve", "shutil", "signal",
    "site", "smtplib", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "sys",
    "sysconfig", "tarfile", "telnetlib", "tempfile", "test", "threading", "timeit", "tkinter",
    "trace", "types", "urllib", "urllib2", "uu", "venv", "webbrowser", "weakref", "winreg",
    "xmlrpc", "zipapp", "zipfile", "zipimport",
  ]

  /// Functions of modules that are not dangerous as a whole.
  static let dangerous: Set = [
    "torch.load", "torch.save", "torch.serialization.load", "torch.hub.load",
    "torch.utils.cpp_extension.load", "torch.utils.cpp_extension.load_inline",
    "torch.jit.load", "torch._inductor.codecache.compile_file", "torch.fx._symbolic_trace.wrap",
    "torch.utils._config_module.load_config", "torch.utils.bottleneck.__main__.run_cprofile",
    "torch.utils.collect_env.run", "torch.utils.data.datapipes.utils.decoder.basichandlers",
    "torch.distributed.run.main", "_codecs.decode", "codecs.decode", "copyreg.add_extension",
    "numpy.testing._private.utils.runstring", "numpy.f2py.crackfortran.getlincoef",
    "numpy.f2py.crackfortran.myeval", "numpy.core.multiarray.fromfile", "numpy.load",
    "collections.namedtuple", "torch.storage._load_from_bytes",
  ]
}
