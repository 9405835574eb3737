package io.galvani.validation;

import io.galvani.InputException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** A CSV table with a header. */
record Table(Path file, List<String> header, List<CSVRecord> rows) {
  static Table read(Path file) {
    var format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    try (Reader in = Files.newBufferedReader(file); var parser = CSVParser.parse(in, format)) {
      return new Table(file, parser.getHeaderNames(), parser.getRecords());
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw InputException.unreadable(file, e.getCause());
    }
  }

  double[] column(String name) {
    int i = header.indexOf(name);
    if (i < 0) {
      throw InputException.unknown(file.toString(), "1", "column", name, header);
    }
    return column(i);
  }

  double[] column(int i) {
    return rows.stream().mapToDouble(r -> number(r, i)).toArray();
  }

  private double number(CSVRecord row, int i) {
    try {
      return Double.parseDouble(row.get(i));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw InputException.at(file, row.getRecordNumber() + 1, header.get(i) + " is not a number", null);
    }
  }
}
