package io.galvani.surrogate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.galvani.InputException;
import io.galvani.io.AtomicFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file of float32, float16 or bfloat16. Tensors of float32 are mapped, and stay so while one of them is reachable; others are
 * widened in memory. It is written in float16 where that loses nothing of any tensor, else in float32.
 *
 * <pre>
 * bytes   0  8 n, the length of the header      little-endian throughout
 *         8  n JSON: {"__metadata__": {name: text …}, name: {"dtype": "F32", "shape": […], "data_offsets": [begin, end]} …}
 *       8+n    the tensors, without gaps; offsets count from here
 * </pre>
 *
 * @param metadata texts by name
 * @param tensors by name, in the order of the data
 */
record Safetensors(Map<String, String> metadata, Map<String, Tensor> tensors) {
  private static final String METADATA = "__metadata__";
  private static final int MAX_HEADER = 1 << 24;
  private static final JsonMapper JSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** How numbers are stored: little-endian, so many bytes each. */
  private enum Type {
    F32(4), F16(2), BF16(2);

    static final List<String> NAMES = Arrays.stream(values()).map(Type::name).toList();

    final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    float widened(short bits) {
      return this == F16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
    }
  }

  /** A tensor of the header. */
  private record Entry(String name, Type type, int[] shape, long begin, long end) {}

  /**
   * Reads a file.
   *
   * @throws InputException if anything in it is not as above
   */
  static Safetensors read(Path file) {
    var reader = new Reader(file);
    return reader.read(reader.map());
  }

  /** As the other one, of what is in the file. */
  static Safetensors read(Path file, MemorySegment content) {
    return new Reader(file).read(content);
  }

  /** Writes a file, whole or not at all. The tensors begin at a multiple of 64 bytes. */
  void write(Path file) throws IOException {
    var header = JSON.createObjectNode();
    metadata.forEach(header.putObject(METADATA)::put);
    long offset = 0;
    var parts = new ArrayList<ByteBuffer>();
    Type type = tensors.values().stream().allMatch(Safetensors::isHalf) ? Type.F16 : Type.F32;
    for (var e : tensors.entrySet()) {
      var data = type == Type.F32 ? e.getValue().data().asByteBuffer() : halves(e.getValue());
      var to = header.putObject(e.getKey()).put("dtype", type.name());
      Arrays.stream(e.getValue().shape()).forEach(to.putArray("shape")::add);
      to.putArray("data_offsets").add(offset).add(offset + data.remaining());
      offset += data.remaining();
      parts.add(data);
    }
    byte[] text = JSON.writeValueAsBytes(header);
    int start = (Long.BYTES + text.length + Tensor.ALIGNMENT - 1) / Tensor.ALIGNMENT * Tensor.ALIGNMENT;
    var head = ByteBuffer.allocate(start).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(start - Long.BYTES).put(text);
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    parts.addFirst(head.flip());
    AtomicFile.write(file, parts);
  }

  private static boolean isHalf(Tensor tensor) {
    for (long i = 0; i < tensor.size(); i++) {
      if (Float.float16ToFloat(Float.floatToFloat16(tensor.at(i))) != tensor.at(i)) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer halves(Tensor tensor) {
    var to = ByteBuffer.allocate(Math.toIntExact(tensor.size() * Type.F16.bytes)).order(ByteOrder.LITTLE_ENDIAN);
    for (long i = 0; i < tensor.size(); i++) {
      to.putShort(Float.floatToFloat16(tensor.at(i)));
    }
    return to.flip();
  }

  /** Reads one file, and doubts all of it. */
  private record Reader(Path file) {
    Safetensors read(MemorySegment all) {
      if (all.byteSize() < Long.BYTES) {
        throw bad(null, "is too short for a safetensors file: " + all.byteSize() + " bytes");
      }
      long length = all.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
      long room = all.byteSize() - Long.BYTES;
      if (length < 2 || length > MAX_HEADER) {
        throw bad(null, "is not a safetensors file, or damaged: a header of " + Long.toUnsignedString(length) + " bytes");
      }
      if (length > room) {
        throw bad(null, "is truncated: a header of " + length + " bytes in a file of " + all.byteSize());
      }
      JsonNode header = header(all.asSlice(Long.BYTES, length));
      var data = all.asSlice(Long.BYTES + length);
      var metadata = new LinkedHashMap<String, String>();
      var entries = new ArrayList<Entry>();
      for (var field : header.properties()) {
        if (field.getKey().equals(METADATA)) {
          metadata.putAll(metadata(field.getValue()));
        } else {
          entries.add(entry(field.getKey(), field.getValue(), data.byteSize()));
        }
      }
      return new Safetensors(metadata, tensors(entries, data));
    }

    private MemorySegment map() {
      if (Files.isDirectory(file)) {
        throw bad(null, "is a directory");
      }
      try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
        return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
      } catch (IOException e) {
        throw InputException.unreadable(file, e);
      }
    }

    private JsonNode header(MemorySegment bytes) {
      try {
        var text = StandardCharsets.UTF_8.newDecoder().decode(bytes.asByteBuffer()).toString(); // reports what is not UTF-8
        if (!text.startsWith("{")) {
          throw bad("header", "does not begin with {: this is no safetensors file");
        }
        return JSON.readTree(text);
      } catch (CharacterCodingException e) {
        throw bad("header", "is not text in UTF-8");
      } catch (JsonProcessingException e) {
        throw bad("header", "is not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
      }
    }

    private Map<String, String> metadata(JsonNode texts) {
      if (!texts.isObject()) {
        throw bad(METADATA, "is not an object");
      }
      var all = new LinkedHashMap<String, String>();
      for (var field : texts.properties()) {
        if (!field.getValue().isTextual()) {
          throw bad(METADATA + "." + field.getKey(), "is not a text");
        }
        all.put(field.getKey(), field.getValue().textValue());
      }
      return all;
    }

    private Entry entry(String name, JsonNode tensor, long room) {
      if (!tensor.isObject()) {
        throw bad(name, "is not an object");
      }
      for (var field : tensor.properties()) {
        if (!List.of("dtype", "shape", "data_offsets").contains(field.getKey())) {
          throw bad(name, "has an unknown field '" + field.getKey() + "'");
        }
      }
      var dtype = tensor.path("dtype");
      if (!dtype.isTextual() || !Type.NAMES.contains(dtype.textValue())) {
        throw bad(name, "dtype " + (dtype.isMissingNode() ? "is missing" : dtype + " is not supported") + ". Supported: "
            + String.join(", ", Type.NAMES));
      }
      var type = Type.valueOf(dtype.textValue());
      long[] shape = wholes(name, "shape", tensor);
      long size = type.bytes;
      for (long extent : shape) {
        if (extent < 1 || extent > Integer.MAX_VALUE) {
          throw bad(name, "shape " + Arrays.toString(shape) + " has an extent that is not from 1 to " + Integer.MAX_VALUE);
        }
        if (Math.multiplyHigh(size, extent) != 0 || size * extent < 0) {
          throw bad(name, "shape " + Arrays.toString(shape) + " has more elements than can be counted");
        }
        size *= extent;
      }
      long[] offsets = wholes(name, "data_offsets", tensor);
      if (offsets.length != 2 || offsets[0] < 0 || offsets[1] < offsets[0]) {
        throw bad(name, "data_offsets " + Arrays.toString(offsets) + " are not a begin and an end after it");
      }
      if (offsets[1] > room) {
        throw bad(name, "ends at byte " + offsets[1] + " of the data, of which there are " + room + ": the file is truncated");
      }
      if (offsets[1] - offsets[0] != size) {
        throw bad(name, "has " + (offsets[1] - offsets[0]) + " bytes where shape " + Arrays.toString(shape) + " of " + type + " takes "
            + size);
      }
      return new Entry(name, type, Arrays.stream(shape).mapToInt(Math::toIntExact).toArray(), offsets[0], offsets[1]);
    }

    private long[] wholes(String name, String field, JsonNode tensor) {
      var values = tensor.path(field);
      if (!values.isArray()) {
        throw bad(name, field + " is not a list");
      }
      long[] all = new long[values.size()];
      for (int i = 0; i < all.length; i++) {
        if (!values.get(i).isIntegralNumber() || !values.get(i).canConvertToLong()) {
          throw bad(name, field + " holds " + values.get(i) + ", which is not a whole number of 64 bits");
        }
        all[i] = values.get(i).longValue();
      }
      return all;
    }

    /** The tensors in the order of the data, which they fill without gap and overlap. */
    private Map<String, Tensor> tensors(List<Entry> entries, MemorySegment data) {
      entries.sort(Comparator.comparingLong(Entry::begin));
      var all = new LinkedHashMap<String, Tensor>();
      long end = 0;
      for (Entry e : entries) {
        if (e.begin != end) {
          throw bad(e.name, "begins at byte " + e.begin + " of the data where the tensor before it ends at " + end);
        }
        all.put(e.name, tensor(e, data.asSlice(e.begin, e.end - e.begin)));
        end = e.end;
      }
      if (end != data.byteSize()) {
        throw bad(null, "holds " + (data.byteSize() - end) + " bytes after the last tensor");
      }
      return all;
    }

    private static Tensor tensor(Entry e, MemorySegment stored) {
      if (e.type == Type.F32) {
        return new Tensor(e.shape, stored);
      }
      float[] wide = new float[Math.toIntExact(stored.byteSize() / e.type.bytes)];
      var from = stored.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < wide.length; i++) {
        wide[i] = e.type.widened(from.getShort());
      }
      return Tensor.of(wide, e.shape);
    }

    private InputException bad(String place, String fault) {
      return new InputException(file.toString(), place, fault, null);
    }
  }
}
