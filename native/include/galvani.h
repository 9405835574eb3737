/*
 * galvani.h: the C ABI of the CPU engine, all that Java sees of it.
 *
 * Functions that can fail return a gv_status and leave a text in gv_last_error() of the calling thread. Handles are opaque;
 * arrays are the caller's and are copied. Times in ms, voltages in mV, areas in um2, resistances in MOhm, capacitances in
 * uF/cm2. A population is used by one thread at a time.
 */
#ifndef GALVANI_H
#define GALVANI_H

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GV_ABI_VERSION 3

enum gv_status {
  GV_OK = 0,
  GV_INVALID = 1,       /* an argument is out of range */
  GV_OUT_OF_MEMORY = 2,
  GV_DIVERGED = 3,      /* a voltage is no longer finite */
  GV_INTERNAL = 4
};

enum gv_precision { GV_F64 = 0, GV_MIXED = 1, GV_F32 = 2 };
enum gv_rates { GV_EXACT = 0, GV_POLY = 1 };
enum gv_isa { GV_BASELINE = 0, GV_AVX2 = 1, GV_AVX512 = 2 };

/* What gv_population_record samples. */
enum gv_quantity {
  GV_VOLTAGE = 0,       /* mV at a node */
  GV_STATE = 1,         /* state `which` of row `row` of a placement */
  GV_SODIUM = 2,        /* mA/cm2 at a node */
  GV_POTASSIUM = 3,
  GV_CALCIUM = 4,
  GV_CAI = 5,           /* mM at a node */
  GV_ECA = 6,           /* mV at a node */
  GV_POINT_CURRENT = 7  /* nA of row `row` of a placement of a point process, positive outward */
};

/* What gv_population_vary changes besides parameters of placements. */
enum gv_geometry { GV_CM = -1, GV_RI = -2 };

/* The most pieces of polynomial rates for a GPU. */
enum gv_poly { GV_POLY_SEGMENTS = 128 };

typedef struct gv_cell gv_cell;
typedef struct gv_population gv_population;

typedef struct gv_options {
  int32_t cells;
  int32_t precision;  /* gv_precision */
  int32_t rates;      /* gv_rates */
  int32_t isa;        /* gv_isa; must be supported by the machine */
  int32_t threads;
  int32_t reserved;
  double dt;          /* ms */
  double v_init;      /* mV */
  double celsius;     /* degC */
} gv_options;

typedef struct gv_probe {
  int32_t quantity;   /* gv_quantity */
  int32_t node;
  int32_t placement;
  int32_t row;
  int32_t which;
  int32_t every;      /* steps from sample to sample */
} gv_probe;

int32_t gv_abi_version(void);

/* sizeof and offsetof of the structures above, in order of declaration: for the test that the bindings fit. */
int32_t gv_abi_layout(int32_t capacity, int64_t* layout);

const char* gv_last_error(void);

/* Best instruction set of this machine that was built in (gv_isa). */
int32_t gv_best_isa(void);

/* ---- cells ---------------------------------------------------------------------------------------------------------- */

/* parent[i] < i, -1 for node 0. area 0 for the ends of sections. ri[i]: to the parent. */
int32_t gv_cell_create(int32_t nodes, const int32_t* parent, const double* area, const double* ri, const double* cm,
                       gv_cell** cell);
void gv_cell_destroy(gv_cell* cell);

/* Puts a mechanism on `rows` nodes; values are [parameter][row]. *placement is its number, 0, 1, ... */
int32_t gv_cell_insert(gv_cell* cell, const char* mechanism, int32_t rows, const int32_t* node, const double* values,
                       int32_t* placement);

/* Slots: each names a row of a placement of a synapse; weight is its default. */
int32_t gv_cell_slots(gv_cell* cell, int32_t slots, const int32_t* placement, const int32_t* row, const double* weight);

/* Places watched for spikes. */
int32_t gv_cell_sources(gv_cell* cell, int32_t sources, const int32_t* node, const double* threshold);

/* ---- populations ---------------------------------------------------------------------------------------------------- */

/* The cell is copied. */
int32_t gv_population_create(const gv_cell* cell, const gv_options* options, gv_population** population);
void gv_population_destroy(gv_population* population);

/* Before the first advance: values[cells] replace (scale 0) or multiply (scale 1) parameter `parameter` of some rows of a
   placement, or cm or ri of some nodes (placement = gv_geometry, rows = nodes). */
int32_t gv_population_vary(gv_population* population, int32_t placement, int32_t parameter, int32_t rows, const int32_t* row,
                           int32_t scale, const double* values);

/* Integrates `steps` steps. Events are sorted by time and lie in (t - dt/2, t + (steps - 1/2) dt]; a weight of NaN means the
   slot's own. *spikes is the number of spikes that gv_population_spikes will give. */
int32_t gv_population_advance(gv_population* population, int64_t steps, int64_t events, const double* time,
                              const int32_t* cell, const int32_t* slot, const float* weight, int64_t* spikes);

/* Spikes of the last advance in order of (time, cell, source): grid time and interpolated crossing. */
int32_t gv_population_spikes(const gv_population* population, int64_t capacity, int32_t* cell, int32_t* source, double* time,
                             double* crossing);

/* Records from now on; *recording is its number. */
int32_t gv_population_record(gv_population* population, const gv_probe* probe, int32_t* recording);

/* Waiting samples: index of the first (time / (every dt)) and how many. */
int32_t gv_recording_waiting(const gv_population* population, int32_t recording, int64_t* first, int64_t* samples);

/* Takes all waiting samples: [cells][samples]. */
int32_t gv_recording_take(gv_population* population, int32_t recording, double* samples);

/* Steps done since t = 0. */
int64_t gv_population_steps(const gv_population* population);

/* Bytes of memory the population holds. */
int64_t gv_population_memory(const gv_population* population);

/* The state, in the order of the cell as it was described and in its own precision's values: any engine can go on from it.
     int64 steps, int64 events in flight
     double [cells][v of each node; cai, then eca, of each node where a mechanism needs calcium;
                    of each placement [row][state], then for a slow mechanism [row][what rounding left of the last step of each]]
     events that will end: double due (ms), onset (ms), weight; int32 cell, slot, in this order of precedence: due, cell, slot, onset
   Saving is a beginning, as advancing is: nothing can be varied after it. It is on the caller to load only what is of a population
   built alike. */
int64_t gv_population_state_size(const gv_population* population);
int32_t gv_population_save(gv_population* population, int64_t size, void* state);
int32_t gv_population_load(gv_population* population, int64_t size, const void* state);

/* ---- mechanisms ----------------------------------------------------------------------------------------------------- */

/* Steady state and time constant (ms) of each gate at n values of x (mV; mM for a calcium-gated mechanism):
   out is [gate][inf, tau][n]. parameters: one value each. *gates is their number; n = 0 only asks for it. */
int32_t gv_rates(const char* mechanism, const double* parameters, double celsius, int32_t n, const double* x, int32_t* gates,
                 double* out);

/* Largest error of the polynomial rates of a mechanism on one ISA: out is [gate][inf, 1 - exp(-dt/tau)]; *segments pieces. */
int32_t gv_poly_bound(const char* mechanism, double celsius, double dt, int32_t isa, int32_t single, int32_t* gates,
                      int32_t* segments, double* out);

/* The polynomial rates of a mechanism as a GPU reads them, whatever the ISA: cubics of u = -1/2 ... 1/2 in *segments equal pieces, which
   place[0] * v + place[1] counts from the middle of the first. coefficients is [segment][gate][inf, 1 - exp(-dt/tau)][4], lowest power
   first, with room for GV_POLY_SEGMENTS; bound is what gv_poly_bound gives. */
int32_t gv_poly_cubics(const char* mechanism, double celsius, double dt, int32_t single, int32_t* gates, int32_t* segments,
                       float* place, float* coefficients, double* bound);

/* Elementary functions of one ISA over n values (a multiple of 16): exp expm1 log linoid sigmoid pow4.8 decayed. */
int32_t gv_math(int32_t isa, int32_t function, int32_t single, int64_t n, const void* x, void* y);

#ifdef __cplusplus
}
#endif

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
