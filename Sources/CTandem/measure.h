// What a conversion lost.

static inline lanes_i is_finite(lanes_f x) { return magnitude_of((lanes_u)x) < INFINITE; }

static inline float largest_lane(lanes_f x) {
  float largest = x[0];
  for (int lane = 1; lane < TK_LANES; lane++) { largest = x[lane] > largest ? x[lane] : largest; }
  return largest;
}

// Counts go down by one where a comparison holds, because a lane of truth is -1.
static void measure(
    const void *values, const void *restored, size_t count, tk_loss *loss) {
  const float *before = values, *after = restored;
  lanes_i overflows = 0, underflows = 0, nans = 0, lost_nans = 0;
  lanes_f absolute = loss->largest_absolute_error, relative = loss->largest_relative_error;
  for (size_t i = 0; i < count; i += TK_LANES) {
    lanes_f x = 0, y = 0;
    if (count - i >= TK_LANES) {
      x = load_lanes_f(before + i);
      y = load_lanes_f(after + i);
    } else {
      memcpy(&x, before + i, (count - i) * sizeof *before);
      memcpy(&y, after + i, (count - i) * sizeof *after);
    }
    lanes_i kept = is_finite(x) & is_finite(y);
    // Rare in weights, so that one branch is less than four counts.
    if (!__builtin_reduce_and(kept)) {
      lanes_i nan = x != x;
      nans += nan;
      lost_nans += nan & (y == y);
      overflows += ~nan & ~kept & (x != y);
    }
    underflows += kept & (x != 0) & (y == 0);
    lanes_f error = (lanes_f)(kept & magnitude_of((lanes_u)(x - y)));
    absolute = error > absolute ? error : absolute;
    // A quotient can only be a new maximum where the product says so; divisions are slow, and soon
    // rare. Rounding keeps order, so that nothing is missed.
    lanes_f size = (lanes_f)magnitude_of((lanes_u)x);
    lanes_i may_be_worse = (error > 0) & (x != 0) & (error >= relative * size);
    if (__builtin_reduce_or(may_be_worse)) {
      lanes_f part = error / size;
      lanes_i is_worse = may_be_worse & (part > relative);
      relative = is_worse ? part : relative;
    }
  }
  loss->overflow_count += (size_t)-__builtin_reduce_add(overflows);
  loss->underflow_count += (size_t)-__builtin_reduce_add(underflows);
  loss->nan_count += (size_t)-__builtin_reduce_add(nans);
  loss->lost_nan_count += (size_t)-__builtin_reduce_add(lost_nans);
  loss->largest_absolute_error = largest_lane(absolute);
  loss->largest_relative_error = largest_lane(relative);
}
