extension HuggingFaceFlaw {
  /// Flaws of the index and its shards.
  static let shards: [HuggingFaceFlaw] = [
    HuggingFaceFlaw(
      "an index that is no JSON", "}}", "",
      "model.safetensors.index.json at byte 121: the index cannot be read: a comma or '}' is expected, found the end of the text [SH001]"
    ),
    HuggingFaceFlaw(
      "an index with a bracket open", "{\"metadata\"", "[{\"metadata\"",
      "model.safetensors.index.json at byte 0: the index cannot be read: an object is expected, found an array [SH001]"
    ),
    HuggingFaceFlaw(
      "no map", "weight_map", "weights",
      "model.safetensors.index.json at byte 0: the index has no weight_map [SH001]"),
    HuggingFaceFlaw(
      "an empty map",
      #""a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors""#, "",
      "model.safetensors.index.json at byte 0: the weight_map is empty [SH002]"),
    HuggingFaceFlaw(
      "a tensor twice", "\"b\":", "\"a\":",
      "model.safetensors.index.json: 'a' at byte 83: the tensor stands twice in the weight_map [SH003]"
    ),
    HuggingFaceFlaw(
      "a key twice deep down", "24", "24,\"x\":[{\"k\":1,\"k\":1}]",
      "model.safetensors.index.json at byte 41: the index cannot be read: the key 'k' stands twice in one object [SH003]"
    ),
    HuggingFaceFlaw(
      "a shard that is a number", "\"model-00002-of-00002.safetensors\"", "2",
      "model.safetensors.index.json: 'b' at byte 87: the tensor's shard is a number, the path of a file is expected [SH003]"
    ),
    HuggingFaceFlaw(
      "a path up", "model-00002", "../model-00002",
      "model.safetensors.index.json: '../model-00002-of-00002.safetensors' at byte 83: a shard's path must lead below the folder, but it has the component '..' [SH004]",
      "model-00002-of-00002.safetensors: the file is left out, because the index does not name it [SH009]"
    ),
    HuggingFaceFlaw(
      "a path with a dot", "model-00002", "./model-00002",
      "model.safetensors.index.json: './model-00002-of-00002.safetensors' at byte 83: a shard's path must lead below the folder, but it has the component '.' [SH004]",
      "model-00002-of-00002.safetensors: the file is left out, because the index does not name it [SH009]"
    ),
    HuggingFaceFlaw(
      "a shard that is missing", "model-00002", "model-00003",
      "model.safetensors.index.json: 'model-00003-of-00002.safetensors' at byte 83: the shard cannot be opened: there is no such file or folder; download it, or the whole model again [SH005]",
      "model-00002-of-00002.safetensors: the file is left out, because the index does not name it [SH009]"
    ),
    HuggingFaceFlaw(
      "a tensor that no shard has", "\"b\":", "\"c\":",
      "model-00002-of-00002.safetensors: 'b' at byte 9: the index does not name this tensor; readers that go by the index leave it out [SH008]",
      "model.safetensors.index.json: 'c' at byte 83: the tensor is not in 'model-00002-of-00002.safetensors' [SH006]"
    ),
    HuggingFaceFlaw(
      "a tensor in another shard", "\"b\":\"model-00002",
      "\"c\":\"model-00002-of-00002.safetensors\",\"b\":\"model-00001",
      "model.safetensors.index.json: 'c' at byte 83: the tensor is not in 'model-00002-of-00002.safetensors' [SH006]",
      "model.safetensors.index.json: 'b' at byte 122: the tensor is not in 'model-00001-of-00002.safetensors', but in 'model-00002-of-00002.safetensors' [SH006]"
    ),
    HuggingFaceFlaw(
      "a pickle as shard", "00002.safetensors\"}", "00002.bin\"}",
      "model.safetensors.index.json: 'model-00002-of-00002.bin' at byte 83: a shard's name must end in '.safetensors'; files of other kinds may run code when they are loaded [SH013]",
      "model-00002-of-00002.safetensors: the file is left out, because the index does not name it [SH009]"
    ),
    HuggingFaceFlaw(
      "another total", "24", "23",
      "model.safetensors.index.json at byte 13: total_size is 23, the tensors have 24 bytes in all [SH011]"
    ),
    HuggingFaceFlaw(
      "a total that is a fraction", "24", "24.5",
      "model.safetensors.index.json at byte 13: total_size is 24.5, the tensors have 24 bytes in all [SH011]"
    ),
    HuggingFaceFlaw(
      "a tensor in two shards",
      "model-00002-of-00002.safetensors: 'a' at byte 9: the tensor stands in 'model-00001-of-00002.safetensors' too [SH007]",
      "model.safetensors.index.json: 'b' at byte 83: the tensor is not in 'model-00002-of-00002.safetensors' [SH006]"
    ) { $0.files[ModelFolder.second] = ModelFolder.shard("a", [2, 2]) },
    HuggingFaceFlaw(
      "one file as both shards",
      "model.safetensors.index.json: 'model-00002-of-00002.safetensors' at byte 83: the shard is the same file as 'model-00001-of-00002.safetensors' [SH007]"
    ) {
      $0.files[ModelFolder.second] = nil
      $0.files[ModelFolder.first] = SafetensorsBytes.good.bytes
      $0.links[ModelFolder.second] = ModelFolder.first
    },
    HuggingFaceFlaw(
      "a shard that is a link to itself",
      "model.safetensors.index.json: 'model-00002-of-00002.safetensors' at byte 83: the shard cannot be opened: its symbolic links form a loop; download it, or the whole model again [SH005]"
    ) {
      $0.files[ModelFolder.second] = nil
      $0.links[ModelFolder.second] = ModelFolder.second
    },
    HuggingFaceFlaw(
      "a shard that is a device",
      "model.safetensors.index.json: 'model-00002-of-00002.safetensors' at byte 83: the shard is no regular file [SH005]"
    ) {
      $0.files[ModelFolder.second] = nil
      $0.links[ModelFolder.second] = "/dev/zero"
    },
    HuggingFaceFlaw(
      "a shard that is cut",
      "model-00002-of-00002.safetensors: 'b' at byte 71: the data of 1 tensor go past the end of the file, which has 7 bytes of data instead of 8; download or copy the file again [ST017]"
    ) { $0.files[ModelFolder.second]?.removeLast() },
    HuggingFaceFlaw(
      "a shard that is a pointer",
      "model-00002-of-00002.safetensors at byte 0: the file begins with 76 65 72 73 69 6F 6E 20: it seems to be a Git LFS pointer; fetch the file with 'git lfs pull' [FI002]"
    ) { $0.files[ModelFolder.second] = Array("version https://git-lfs.github.com/spec/v1\n".utf8) },
    HuggingFaceFlaw(
      "a shard that nobody names",
      "extra.safetensors: the file is left out, because the index does not name it [SH009]"
    ) { $0.files["extra.safetensors"] = ModelFolder.shard("c", [1]) },
    HuggingFaceFlaw(
      "a single file beside the index",
      "model.safetensors: the file is left out, because the index does not name it; remove the one that is not meant [SH012]"
    ) { $0.files["model.safetensors"] = SafetensorsBytes.good.bytes },
    HuggingFaceFlaw(
      "names that count to three",
      "model.safetensors.index.json: the shards' names say that there are 3 of them, but the index names no number 3 [SH010]"
    ) {
      for name in [ModelFolder.first, ModelFolder.second] {
        $0.files[name.replacing("of-00002", with: "of-00003")] = $0.files.removeValue(forKey: name)
      }
      $0.replace("of-00002", with: "of-00003", in: ModelFolder.index)
    },
  ]

  /// Flaws of the folder and its documents.
  static let documents: [HuggingFaceFlaw] = [
    HuggingFaceFlaw(
      "an empty folder", in: ModelFolder(),
      ".: the folder holds no weights (*.safetensors, pytorch_model*.bin, *.gguf, …) [HF001]"
    ) { _ in },
    HuggingFaceFlaw(
      "a folder of Keras weights", in: .single,
      ".: the folder holds no safetensors file, but 'model.h5'; convert the weights to safetensors first [HF001]"
    ) { $0.files["model.h5"] = $0.files.removeValue(forKey: "model.safetensors") },
    HuggingFaceFlaw(
      "two files without an index", in: .single,
      ".: the folder holds 2 safetensors files but no index that joins them: 'a.safetensors', 'b.safetensors'; name the file that is meant, or download the index too [HF001]"
    ) {
      $0.files["a.safetensors"] = $0.files.removeValue(forKey: "model.safetensors")
      $0.files["b.safetensors"] = $0.files["a.safetensors"]
    },
    HuggingFaceFlaw(
      "two indexes",
      ".: the folder holds 2 indexes: 'a.safetensors.index.json', 'b.safetensors.index.json' [HF001]"
    ) {
      $0.files["a.safetensors.index.json"] = $0.files.removeValue(forKey: ModelFolder.index)
      $0.files["b.safetensors.index.json"] = $0.files["a.safetensors.index.json"]
    },
    HuggingFaceFlaw(
      "no configuration", in: .single,
      ".: the folder has no config.json; without it the model's shape and kind are unknown [HF005]"
    ) { $0.files["config.json"] = nil },
    HuggingFaceFlaw(
      "a tokenizer that is no JSON", in: .single,
      "tokenizer.json at byte 12: the file is not valid JSON: in line 3, column 1, a key in double quotes is expected, found '}'; mend the file, or fetch it again [HF002]"
    ) { $0.files["tokenizer.json"] = Array("{\n  \"a\": 1,\n}".utf8) },
    HuggingFaceFlaw(
      "NaN outside the configuration", in: .single,
      "tokenizer_config.json at byte 5: the file is not valid JSON: in line 1, column 6, a value (NaN and Infinity are none) is expected, found 'N'; mend the file, or fetch it again [HF002]"
    ) { $0.files["tokenizer_config.json"] = Array("{\"a\":NaN}".utf8) },
    HuggingFaceFlaw(
      "a key twice one folder down", in: .single,
      "1_Pooling/config.json at byte 7: in line 1, column 8, the key 'k' stands twice in one object; mend the file, or fetch it again [HF006]"
    ) { $0.files["1_Pooling/config.json"] = Array("{\"k\":1,\"k\":2}".utf8) },
    HuggingFaceFlaw(
      "weights in other formats", in: .single,
      "2_Dense/model.safetensors: the file is left out: its weights are not those that are read; what is made from the folder will not have it [HF009]",
      "model.h5: the file is left out: weights of this format are not read [HF007]",
      "pytorch_model.bin: the file is left out: its weights are not those that are read; what is made from the folder will not have it [HF009]",
      "pytorch_model.bin.index.json: the file is left out: it is the index of other weights [HF007]"
    ) {
      $0.files["model.h5"] = [1]
      $0.files["pytorch_model.bin"] = [1]
      $0.files["pytorch_model.bin.index.json"] = [1]
      $0.files["2_Dense/model.safetensors"] = [1]
    },
    HuggingFaceFlaw(
      "a tokenizer that is a link to nowhere", in: .single,
      "tokenizer.json: the entry cannot be read: it is a symbolic link; where it leads, there is no such file or folder; copy the file into the folder, or download it again [HF008]"
    ) { $0.links["tokenizer.json"] = "../blobs/missing" },
    HuggingFaceFlaw(
      "weights that are a link to nowhere", in: .single,
      ".: the folder holds no weights (*.safetensors, pytorch_model*.bin, *.gguf, …) [HF001]",
      "model.safetensors: the entry cannot be read: it is a symbolic link; where it leads, there is no such file or folder; copy the file into the folder, or download it again [HF008]"
    ) {
      $0.files["model.safetensors"] = nil
      $0.links["model.safetensors"] = "missing"
    },
    HuggingFaceFlaw(
      "weights outside the folder", in: .single,
      "model.safetensors: symbolic links lead out of the folder; copy the file into the folder [SH004]"
    ) {
      $0.files["model.safetensors"] = nil
      $0.links["model.safetensors"] = CheckpointSample.all(in: "good/safetensors")[0].path
    },
    HuggingFaceFlaw(
      "a document outside the folder", in: .single,
      "LICENSE: symbolic links lead out of the folder; copy the file into the folder [SH004]"
    ) { $0.links["LICENSE"] = "/etc/passwd" },
  ]
}
