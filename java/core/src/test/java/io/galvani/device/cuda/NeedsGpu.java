package io.galvani.device.cuda;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A class of tests that need a CUDA driver. Maven runs it against the emulated driver ({@code native/emulator}): as it is, with checks
 * of each access to memory, and under AddressSanitizer (as it is only, if it is tagged {@code unchecked}). Then against the PTX
 * interpreter of the reference data, skipped where that is absent; with {@code -Pgpu} on a GPU too. {@code -Dgalvani.gpu} tells the
 * tests which: emulated, ptx, real.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cuda")
@Tag("cuda-emulated")
@Tag("cuda-ptx")
@Tag("cuda-gpu")
@ExtendWith(NeedsGpu.Interpreter.class)
public @interface NeedsGpu {
  /** Whether the PTX interpreter runs the kernels. */
  boolean INTERPRETED = "ptx".equals(System.getProperty("galvani.gpu"));
  /** Whether the emulated driver checks each access. */
  boolean CHECKED = "1".equals(System.getenv("GALVANI_EMULATOR_CHECK"));
  /** Whether kernels run under AddressSanitizer. */
  boolean SANITIZED = System.getenv("ASAN_OPTIONS") != null;
  /** Whether an interpreter or the driver watches each access: then tests are shorter. */
  boolean WATCHED = INTERPRETED || CHECKED;

  /** Skips where the PTX interpreter is to be used and is not here. */
  final class Interpreter implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      Path tool = Path.of(System.getProperty("galvani.shared", "."), "tools", "ptxrun").normalize();
      if (!INTERPRETED || Files.exists(tool)) {
        return ConditionEvaluationResult.enabled("");
      }
      String reason = context.getDisplayName() + ": there is no PTX interpreter in " + tool + " (set -Dgalvani.shared)";
      System.out.println("skipped: " + reason);
      return ConditionEvaluationResult.disabled(reason);
    }
  }
}
