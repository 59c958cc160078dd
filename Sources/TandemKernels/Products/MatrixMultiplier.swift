import CTandem

/// Multiplies activations with matrices of weights, on all threads of a pool:
/// y[t, r] = sum over k of w[r, k] * x[t, k].
///
/// Each output is summed in an order that depends on the columns only, so it has the same bits
/// whatever the number of tokens and of threads. Activations are rounded once for each call: to
/// BF16 for BF16 weights, to blocks of 32 8-bit integers with a scale for quantised weights.
///
/// Matrices that share their activations go into one call, which converts them once and hands over
/// to the threads once.
public struct MatrixMultiplier: ~Copyable {
  public let pool: ThreadPool
  public let variant: ProductVariant
  /// Converted activations; of few tokens each thread has its own.
  private var scratch = AlignedMemory()
  /// For each thread a cache line, with the number of the block whose activations it has converted.
  private var stamps = AlignedMemory()
  private var blockNumber: UInt64 = 0

  /// - Precondition: this processor can run the variant.
  public init(pool: ThreadPool, variant: ProductVariant = .best) {
    precondition(variant.isAvailable, "MatrixMultiplier: \(variant) does not run here")
    self.pool = pool
    self.variant = variant
    let byteCount = pool.threadCount * Self.stampByteCount
    unsafe stamps.reserve(byteCount).initializeMemory(
      as: UInt8.self, repeating: 0, count: byteCount)
  }

  /// Multiplies with one matrix.
  ///
  /// - Parameters:
  ///   - x: (tokenCount, columnCount); there may be more behind.
  ///   - y: Room for (tokenCount, rowCount), from its start; what lies behind is left as it is.
  ///   - adding: Whether the products are added to what `y` holds.
  /// - Complexity: O(tokenCount * rowCount * columnCount). The weights are read once for each 512
  ///   tokens.
  public mutating func multiply(
    _ x: Span<Float>, tokenCount: Int, by w: WeightMatrix, into y: inout MutableSpan<Float>,
    adding: Bool = false
  ) {
    let product = unsafe tk_product(w, tokenCount, into: &y, adding: adding)
    unsafe multiply(x, tokenCount, columnCount: w.columnCount, [product])
  }

  /// Multiplies with two matrices, as the method for one does.
  public mutating func multiply(
    _ x: Span<Float>, tokenCount: Int, by w1: WeightMatrix, into y1: inout MutableSpan<Float>,
    by w2: WeightMatrix, into y2: inout MutableSpan<Float>
  ) {
    precondition(w1.columnCount == w2.columnCount, "multiply: matrices differ in columns")
    let product1 = unsafe tk_product(w1, tokenCount, into: &y1, adding: false)
    let product2 = unsafe tk_product(w2, tokenCount, into: &y2, adding: false)
    unsafe multiply(x, tokenCount, columnCount: w1.columnCount, [product1, product2])
  }

  /// Multiplies with three matrices, as the method for one does.
  public mutating func multiply(
    _ x: Span<Float>, tokenCount: Int, by w1: WeightMatrix, into y1: inout MutableSpan<Float>,
    by w2: WeightMatrix, into y2: inout MutableSpan<Float>, by w3: WeightMatrix,
    into y3: inout MutableSpan<Float>
  ) {
    precondition(
      w1.columnCount == w2.columnCount && w1.columnCount == w3.columnCount,
      "multiply: matrices differ in columns")
    let product1 = unsafe tk_product(w1, tokenCount, into: &y1, adding: false)
    let product2 = unsafe tk_product(w2, tokenCount, into: &y2, adding: false)
    let product3 = unsafe tk_product(w3, tokenCount, into: &y3, adding: false)
    unsafe multiply(x, tokenCount, columnCount: w1.columnCount, [product1, product2, product3])
  }

  /// Computes products that share their activations; those without rows are nil.
  @unsafe
  private mutating func multiply(
    _ x: Span<Float>, _ tokenCount: Int, columnCount: Int, _ all: [tk_product?]
  ) {
    precondition(x.count >= tokenCount * columnCount, "multiply: fewer activations than tokens")
    let limit = Int(TK_MAXIMUM_TOKEN_COUNT)
    // SAFETY: `x` holds at least `tokenCount` rows (line above), and all memory behind the products' pointers
    // is borrowed by the caller's parameters until this returns.
    unsafe x.withUnsafeBufferPointer { x in
      guard let x = x.baseAddress else { return }
      for start in stride(from: 0, to: tokenCount, by: limit) {
        var products = unsafe all.compactMap { unsafe $0 }
        for index in unsafe products.indices {
          unsafe products[index].output += start * products[index].output_stride
        }
        let input = unsafe x + start * columnCount
        unsafe multiplyBlock(
          input, tokenCount: min(limit, tokenCount - start), columnCount: columnCount, &products)
      }
    }
  }

  /// The forms that activations are converted to.
  private static let formCount = 3
  private static let stampByteCount = 64

  /// Of few tokens each thread converts the activations for itself. In memory that other cores had
  /// read, converting those of two tokens went by with waiting at its stores for two thirds of the
  /// time.
  private static let fewTokens = 16

  /// Converts the activations of a block to each form that a product needs, and computes.
  @unsafe
  private mutating func multiplyBlock(
    _ input: UnsafePointer<Float>, tokenCount: Int, columnCount: Int, _ products: inout [tk_product]
  ) {
    let stride = (0..<Self.formCount).reduce(0) {
      max($0, tk_activation_byte_count(tk_activation_form(UInt32($1)), tokenCount, columnCount))
    }
    let isFew = tokenCount <= Self.fewTokens
    let copyByteCount = Self.formCount * stride
    let memory = unsafe scratch.reserve(copyByteCount * (isFew ? pool.threadCount : 1))
    // SAFETY: a place for each form that a product has, which is initialised before the product
    // refers to it.
    unsafe withUnsafeTemporaryAllocation(of: tk_activations.self, capacity: Self.formCount) {
      places in
      guard let base = places.baseAddress else { return }
      var formCount = 0
      for index in unsafe products.indices {
        let form = unsafe tk_activation_form_for(products[index].type)
        var place = 0
        while place < formCount, unsafe base[place].form != form { place += 1 }
        if place == formCount {
          unsafe (base + place).initialize(
            to: tk_activations(
              input: input, token_count: tokenCount, column_count: columnCount, form: form,
              converted: memory + place * stride))
          formCount += 1
        }
        unsafe products[index].activations = UnsafePointer(base + place)
      }
      if !isFew { for form in 0..<formCount { unsafe convert(base + form) } }
      let ownForms = unsafe UnsafeBufferPointer(start: base, count: isFew ? formCount : 0)
      unsafe products.withUnsafeBufferPointer {
        unsafe compute($0, converting: ownForms, copyByteCount: copyByteCount)
      }
    }
  }

  /// Converts activations for all threads.
  @unsafe
  private func convert(_ activations: UnsafePointer<tk_activations>) {
    // SAFETY: groups do not overlap, and run waits for all of them.
    nonisolated(unsafe) let activations = unsafe activations
    let variant = variant.variant
    pool.run(unsafe tk_activation_group_count(variant, activations)) { groups in
      unsafe tk_convert_activations(
        variant, activations, 0, groups.lowerBound, groups.upperBound)
    }
  }

  /// Rows are handed out in so many parts for each thread: one that is late costs little.
  private static let partsOfAThread = 4

  /// Computes the products.
  ///
  /// - Parameters:
  ///   - forms: Activations that each thread converts before its first part, to a copy of its own;
  ///     none if they have been converted for all threads.
  ///   - copyByteCount: The bytes from one thread's copy to the next.
  @unsafe
  private mutating func compute(
    _ products: UnsafeBufferPointer<tk_product>,
    converting forms: UnsafeBufferPointer<tk_activations>, copyByteCount: Int
  ) {
    guard let base = products.baseAddress else { return }
    blockNumber &+= 1
    // SAFETY: tiles write different rows, each thread its own copy and stamp, and run waits for all
    // of them.
    nonisolated(unsafe) let first = unsafe base
    nonisolated(unsafe) let forms = unsafe forms
    nonisolated(unsafe) let stamps = unsafe stamps.reserve(pool.threadCount * Self.stampByteCount)
    let (count, number, variant) = (products.count, blockNumber, variant.variant)
    let tileCount = unsafe tk_tile_count(first, count)
    let run = max(1, tileCount / (pool.threadCount * Self.partsOfAThread))
    pool.run(tileCount, inRunsOf: run) { tiles, thread in
      let shift = unsafe forms.isEmpty ? 0 : thread * copyByteCount
      let offset = thread * Self.stampByteCount
      if unsafe stamps.load(fromByteOffset: offset, as: UInt64.self) != number {
        for index in unsafe forms.indices {
          var form = unsafe forms[index]
          let groupCount = unsafe tk_activation_group_count(variant, &form)
          unsafe tk_convert_activations(variant, &form, shift, 0, groupCount)
        }
        unsafe stamps.storeBytes(of: number, toByteOffset: offset, as: UInt64.self)
      }
      unsafe tk_multiply_tiles(variant, first, count, shift, tiles.lowerBound, tiles.upperBound)
    }
  }
}

extension tk_product {
  /// A product whose pointers are valid while `w` and `y` are borrowed; it lacks its activations.
  fileprivate init?(
    _ w: WeightMatrix, _ tokenCount: Int, into y: inout MutableSpan<Float>, adding: Bool
  ) {
    precondition(y.count >= tokenCount * w.rowCount, "multiply: no room for rows and tokens")
    // SAFETY: a span's elements stay where they are while it is borrowed.
    guard let weights = unsafe w.bytes.withUnsafeBytes({ $0.baseAddress }),
      let output = unsafe y.withUnsafeMutableBufferPointer({ $0.baseAddress })
    else { return nil }
    unsafe self.init(
      weights: weights, type: w.storedType, row_byte_count: w.rowByteCount, row_count: w.rowCount,
      activations: nil, output: output, output_stride: w.rowCount, adds: adding)
  }
}
