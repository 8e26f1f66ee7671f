package dev.purser.http;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads a body that comes in chunks (RFC 9112, section 7.1) and frames it anew, one chunk for all
/// data of a block: a chunk is read however long it is, without being gathered, and the parser
/// behind sees no size, extension or trailer that a sender wrote. Trailers are read and dropped.
/// Confined to one connection.
final class ChunkedBody {
  private static final int LONGEST_EXTENSION = 256;
  private static final int LONGEST_TRAILERS = 8 << 10;

  /// Eight digits and a line end.
  private static final int SIZE_LINE = 10;

  private static final byte[] LAST = {'0', '\r', '\n', '\r', '\n'};
  private static final byte[] DIGITS = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private State state = State.SIZE;
  private long size;
  private int digits;
  private int extension;
  private int trailers;

  /// How far the last call of [#read] came.
  private int consumed;

  private enum State {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    DONE
  }

  /// The chunks that the bytes hold, framed anew, or null if they hold no data and not the end.
  ///
  /// @throws Refusal if they are no chunks
  byte @Nullable [] read(byte[] bytes, int from, int to) {
    byte[] framed = new byte[SIZE_LINE + (to - from) + 2 + LAST.length];
    int length = SIZE_LINE;
    int at = from;
    while (at < to && state != State.DONE) {
      if (state == State.DATA) {
        int n = (int) Math.min(size, to - at);
        System.arraycopy(bytes, at, framed, length, n);
        at += n;
        length += n;
        size -= n;
        if (size == 0) {
          state = State.DATA_CR;
        }
      } else {
        state = next(bytes[at++]);
      }
    }
    consumed = at;
    return framed(framed, length);
  }

  int consumed() {
    return consumed;
  }

  boolean isDone() {
    return state == State.DONE;
  }

  private byte @Nullable [] framed(byte[] framed, int length) {
    if (length == SIZE_LINE) {
      return isDone() ? LAST.clone() : null;
    }
    int size = length - SIZE_LINE;
    for (int i = 7; i >= 0; i--, size >>>= 4) {
      framed[i] = DIGITS[size & 15];
    }
    framed[8] = '\r';
    framed[9] = '\n';
    framed[length] = '\r';
    framed[length + 1] = '\n';
    int end = length + 2;
    if (isDone()) {
      System.arraycopy(LAST, 0, framed, end, LAST.length);
      end += LAST.length;
    }
    return Arrays.copyOf(framed, end);
  }

  private State next(byte b) {
    return switch (state) {
      case SIZE -> size(b);
      case EXTENSION -> extension(b);
      case SIZE_LF -> {
        expect(b, '\n');
        yield begun();
      }
      case DATA_CR -> expect(b, '\r', State.DATA_LF);
      case DATA_LF -> expect(b, '\n', State.SIZE);
      case TRAILER, TRAILER_NAME, TRAILER_VALUE, TRAILER_LF -> trailer(b);
      case LAST_LF -> expect(b, '\n', State.DONE);
      case DATA, DONE -> throw new IllegalStateException("no byte of the framing: " + state);
    };
  }

  private State size(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      if (size >> 59 != 0) {
        throw malformed("A chunk is longer than any body can be.");
      }
      size = size << 4 | digit;
      if (++digits > 16) {
        throw malformed("The size of a chunk has too many digits.");
      }
      return State.SIZE;
    }
    if (digits == 0 || (b != ';' && b != '\r')) {
      throw malformed("The size of a chunk is not a hexadecimal number.");
    }
    extension = 0;
    return b == ';' ? State.EXTENSION : State.SIZE_LF;
  }

  private State extension(byte b) {
    if (extension == 0 && !RequestHead.isToken(b)) {
      throw malformed("The extension of a chunk has no name.");
    }
    if (b == '\r') {
      return State.SIZE_LF;
    }
    if (++extension > LONGEST_EXTENSION) {
      throw malformed("The extension of a chunk is too long.");
    }
    return visible(b, State.EXTENSION);
  }

  private State begun() {
    digits = 0;
    return size == 0 ? State.TRAILER : State.DATA;
  }

  private State trailer(byte b) {
    if (++trailers > LONGEST_TRAILERS) {
      throw ParsingErrors.problem(431, "").refusal();
    }
    return switch (state) {
      case TRAILER -> b == '\r' ? State.LAST_LF : name(b);
      case TRAILER_NAME -> b == ':' ? State.TRAILER_VALUE : name(b);
      case TRAILER_VALUE -> b == '\r' ? State.TRAILER_LF : visible(b, State.TRAILER_VALUE);
      default -> expect(b, '\n', State.TRAILER);
    };
  }

  private static State name(byte b) {
    if (!RequestHead.isToken(b)) {
      throw malformed("A trailer does not begin with a name and a colon.");
    }
    return State.TRAILER_NAME;
  }

  private static State visible(byte b, State then) {
    if ((b < ' ' || b == 0x7f) && b != '\t') {
      throw malformed("A chunk's extension or trailer holds other than visible ASCII and blanks.");
    }
    return then;
  }

  private static State expect(byte b, char expected, State then) {
    expect(b, expected);
    return then;
  }

  private static void expect(byte b, char expected) {
    if (b != expected) {
      throw malformed("A chunk does not end where its size says.");
    }
  }

  private static Refusal malformed(String detail) {
    return Problem.malformed(detail).refusal();
  }
}
