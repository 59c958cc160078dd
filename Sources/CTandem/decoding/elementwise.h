// What happens to each token's row by itself.

// Runs a statement for each vector of a row: `i` is its first element, `left` how many there are
// from it on.
#define FOR_VECTORS(count) \
  for (size_t i = 0, left = count; i < count; i += TK_LANES, left = count - i)

static void rms_norm(
    const float *x, const float *weight, float epsilon, float *y, size_t count) {
  lanes_f squares = 0;
  FOR_VECTORS(count) {
    lanes_f values = load_some(x + i, left);
    squares += values * values;
  }
  float scale = 1 / sqrtf(sum_of(squares) / (float)count + epsilon);
  FOR_VECTORS(count) {
    store_some(load_some(x + i, left) * scale * load_some(weight + i, left), y + i, left);
  }
}

static void layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t count) {
  lanes_f sums = 0, squares = 0;
  FOR_VECTORS(count) { sums += load_some(x + i, left); }
  float mean = sum_of(sums) / (float)count;
  FOR_VECTORS(count) {
    lanes_f difference = load_some(x + i, left) - mean;
    difference = lane_numbers < (uint32_t)left ? difference : 0;
    squares += difference * difference;
  }
  float scale = 1 / sqrtf(sum_of(squares) / (float)count + epsilon);
  FOR_VECTORS(count) {
    lanes_f normal = (load_some(x + i, left) - mean) * scale;
    store_some(normal * load_some(weight + i, left) + load_some(bias + i, left), y + i, left);
  }
}

static void add(float *x, const float *y, size_t count) {
  FOR_VECTORS(count) { store_some(load_some(x + i, left) + load_some(y + i, left), x + i, left); }
}

static void swiglu(float *gate, const float *up, size_t count) {
  FOR_VECTORS(count) {
    lanes_f g = load_some(gate + i, left);
    store_some(g / (1 + exponential(-g)) * load_some(up + i, left), gate + i, left);
  }
}

// x / 2 · (1 + tanh(sqrt(2 / π) · (x + 0.044715 x³))), where 1 + tanh(u) = 2 / (1 + exp(−2u)).
static void gelu(float *x, size_t count) {
  FOR_VECTORS(count) {
    lanes_f value = load_some(x + i, left);
    lanes_f u = 0.7978845608f * (value + 0.044715f * value * value * value);
    store_some(value / (1 + exponential(-2 * u)), x + i, left);
  }
}

static void multiply(float *x, const float *y, size_t count) {
  FOR_VECTORS(count) { store_some(load_some(x + i, left) * load_some(y + i, left), x + i, left); }
}

static void cap(float *x, float cap, size_t count) {
  FOR_VECTORS(count) { store_some(capped(load_some(x + i, left), cap), x + i, left); }
}

INLINE void rotate_pair(float *a, float *b, float cosine, float sine) {
  float x = *a, y = *b;
  *a = x * cosine - y * sine;
  *b = x * sine + y * cosine;
}

static void rotate(
    float *head, const float *cosines, const float *sines, size_t pair_count, bool neighbours) {
  for (size_t i = 0; i < pair_count; i++) {
    if (neighbours) {
      rotate_pair(head + 2 * i, head + 2 * i + 1, cosines[i], sines[i]);
    } else {
      rotate_pair(head + i, head + i + pair_count, cosines[i], sines[i]);
    }
  }
}
