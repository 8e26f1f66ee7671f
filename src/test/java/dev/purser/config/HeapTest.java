package dev.purser.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HeapTest {
  @ParameterizedTest
  @CsvSource({
    "256, 1024, 256", // as shipped
    "512, 1024, 512",
    "513, 1024, 512",
    "256, 256, 64",
    "10, 256, 10",
    "4096, 8192, 4096",
    "8000, 8192, 7680",
  })
  void fitting_ofHeap(long wanted, long heap, long fits) {
    assertThat(Heap.fitting(wanted << 20, heap << 20)).isEqualTo(fits << 20);
  }
}
