public import TandemTensors

/// A key–value pair of a member; lists of them ascend by the bytes of their keys.
public typealias Field = (key: String, value: FieldValue)
