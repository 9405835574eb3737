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
  GV_DIVERGED = 3,      /* a voltage or a prediction is no longer finite */
  GV_INTERNAL = 4
};

enum gv_precision { GV_F64 = 0, GV_MIXED = 1, GV_F32 = 2 };
enum gv_numbers { GV_NUMBERS_F64 = 0, GV_NUMBERS_F32 = 1, GV_NUMBERS_BF16 = 2 };
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

/* What a layer does to its sums. */
enum gv_activation { GV_LINEAR = 0, GV_RELU = 1, GV_TANH = 2, GV_SIGMOID = 3, GV_SELU = 4 };

/* What gv_plan_stage adds: the stages of io.galvani.surrogate.Plan. */
enum gv_stage_kind {
  GV_PROJECTION = 0,    /* the flattened window times a matrix: taps = window */
  GV_WINDOW = 1,        /* the window, column by column */
  GV_MATRIX = 2,        /* a matrix, or with taps > 1 a causal convolution over the steps */
  GV_LSTM = 3,          /* taps = 0: it is given the sums of its gates, the same at each step */
  GV_SCALE = 4,         /* scale and shift alone */
  GV_REPEAT = 5,        /* one step `steps` times */
  GV_FLATTEN = 6,       /* all steps as one */
  GV_MEAN = 7,          /* over the steps */
  GV_NEWEST = 8,        /* the last step */
  GV_TRACES = 9,        /* y <- decay y + x, from sample to sample */
  GV_ELM = 10           /* m <- decay m + update(layer(x) with (decay m) recurrent among its sums), from sample to sample */
};

typedef struct gv_cell gv_cell;
typedef struct gv_population gv_population;
typedef struct gv_plan gv_plan;
typedef struct gv_surrogates gv_surrogates;

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

/* y = scale activation(x kernel + bias) + shift. What a layer lacks is null. */
typedef struct gv_layer {
  const float* kernel;  /* [taps][in][out]; the last tap is for the newest step */
  const float* bias;    /* [out] */
  const double* scale;  /* [out] */
  const double* shift;  /* [out] */
  int32_t taps;
  int32_t in;
  int32_t out;
  int32_t dilation;     /* steps from tap to tap */
  int32_t activation;   /* gv_activation */
  int32_t gates;        /* 1: the sums are those of an LSTM's gates, in the order i f c o */
} gv_layer;

/* What gv_plan_stage adds; what it lacks is null or 0. */
typedef struct gv_stage {
  const gv_layer* layer;
  const gv_layer* update;       /* of an ELM */
  const int32_t* column_class;  /* of the column at each place of the window: for the first stage */
  const float* recurrent;       /* LSTM: [units][4 units]; ELM: [units][out of the layer] */
  const float* decay;           /* [units], for one sample */
  int32_t kind;                 /* gv_stage_kind */
  int32_t units;                /* of an LSTM, traces, memories */
  int32_t steps;                /* of an LSTM, or how often to repeat */
  int32_t sequences;            /* LSTM: 1 if h of each step is wanted */
  int32_t stateful;             /* LSTM: 1 if h and c go on from sample to sample, in one step each */
  int32_t reserved;
} gv_stage;

/* One tap's product, added to sums: those of the step before (from = -2), the bias (-1), or some that were kept. */
typedef struct gv_column_step {
  int32_t from;
  int32_t tap;
  int32_t delay;        /* steps before the newest */
  int32_t source;       /* class of the column it looks at */
  int32_t emits;        /* class that is complete with it; -1 if none */
  int32_t keeps;        /* index under which the sums are kept for others; -1 if they are not */
} gv_column_step;

/* What becomes of a number of each prediction y of sample n: recorded = (limit + amplitude decay^n) (a y + b), and the channel's next
   number = c recorded + d. */
typedef struct gv_output {
  double a;
  double b;
  double c;
  double d;
  double limit;
  double amplitude;
  double decay;
  int32_t channel;      /* -1: fed back to none */
  int32_t reserved;
} gv_output;

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

/* ---- surrogates ----------------------------------------------------------------------------------------------------- */

/* A plan (io.galvani.surrogate.Plan) for windows of so many samples of so many channels; numbers: gv_numbers. Columns are added in their
   order, then stages, of which the first is GV_PROJECTION, GV_WINDOW or GV_NEWEST. Weights are copied. */
int32_t gv_plan_create(int32_t window, int32_t channels, int32_t numbers, int32_t isa, gv_plan** plan);
void gv_plan_destroy(gv_plan* plan);

/* A layer over the window. taps = 0: it scales alone. */
int32_t gv_plan_columns(gv_plan* plan, const gv_layer* layer, int32_t classes, int32_t steps, const gv_column_step* step);

int32_t gv_plan_stage(gv_plan* plan, const gv_stage* stage);

/* Cells of a complete plan, which may be destroyed. look_ahead: steps for which the known share of the projection is computed at once.
   overwrite 1: of coincident events the last counts, else they add. outputs: none, or one for each number that a prediction has. */
int32_t gv_surrogates_create(const gv_plan* plan, int32_t cells, int32_t threads, int32_t look_ahead, int32_t overwrite, int32_t outputs,
                             const gv_output* output, gv_surrogates** surrogates);
void gv_surrogates_destroy(gv_surrogates* surrogates);

/* Sets the windows, [windows][window][channels], of all cells (windows = 1) or of each. The last sample is the present. */
int32_t gv_surrogates_start(gv_surrogates* surrogates, int64_t windows, const double* samples);

/* Predicts `steps` samples. Events name a step, 0 for the present, and a channel. recorded: [steps][cells][numbers of a prediction]. */
int32_t gv_surrogates_advance(gv_surrogates* surrogates, int64_t steps, int64_t events, const int64_t* step, const int32_t* cell,
                              const int32_t* channel, const double* value, double* recorded);

/* Samples predicted since the start. */
int64_t gv_surrogates_steps(const gv_surrogates* surrogates);

/* Bytes of memory that they hold, without the plan. */
int64_t gv_surrogates_memory(const gv_surrogates* surrogates);

/* The state; the same on every ISA, and only to be loaded into surrogates built alike. */
int64_t gv_surrogates_state_size(const gv_surrogates* surrogates);
int32_t gv_surrogates_save(const gv_surrogates* surrogates, int64_t size, void* state);
int32_t gv_surrogates_load(gv_surrogates* surrogates, int64_t size, const void* state);

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
