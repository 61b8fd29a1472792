/** What every generated C file starts with: vector types of the machine's width, and the few helpers that C has no word for. */

/** Vectors hold 32-bit elements, as many as the machine has lanes; float64 stays scalar. */
export function prelude(lanes: number): string {
  const types = lanes > 1 ? vectorTypes(lanes) : ''
  return `#include <stdint.h>
#include <string.h>
#if defined(__AVX512F__)
#define KEEP(x) __asm__("" : "+v"(x))
#elif defined(__SSE__)
#define KEEP(x) __asm__("" : "+x"(x))
#elif defined(__aarch64__)
#define KEEP(x) __asm__("" : "+w"(x))
#else
#define KEEP(x)
#endif
static inline long nb_floordiv(long a, long n) { return a >= 0 ? a / n : -((-a + n - 1) / n); }
static inline int32_t nb_div_i32(int32_t a, int32_t b) { return b == 0 ? 0 : b == -1 ? (int32_t)(0u - (uint32_t)a) : a / b; }
static inline int32_t nb_mod_i32(int32_t a, int32_t b) { return b == 0 || b == -1 ? 0 : a % b; }
static inline uint32_t nb_div_u32(uint32_t a, uint32_t b) { return b ? a / b : 0; }
static inline uint32_t nb_mod_u32(uint32_t a, uint32_t b) { return b ? a % b : 0; }
static inline int32_t nb_i32_of_float(float x) { return x >= 2147483648.0f || x < -2147483648.0f || x != x ? (-2147483647 - 1) : (int32_t)x; }
static inline int32_t nb_i32_of_double(double x) { return x >= 2147483648.0 || x <= -2147483649.0 || x != x ? (-2147483647 - 1) : (int32_t)x; }
static inline uint32_t nb_u32_of_double(double x) { return x != x ? 0u : x >= 9223372036854775808.0 || x < -9223372036854775808.0 ? 0u : (uint32_t)(int64_t)x; }
static inline int32_t nb_bits_f32(float x) { int32_t r; memcpy(&r, &x, 4); return r; }
static inline float nb_f32_bits(int32_t x) { float r; memcpy(&r, &x, 4); return r; }
/* float16 is a storage type: bits in, bits out, round to nearest even. */
static inline float nb_f32_of_f16(uint16_t h) {
  uint32_t s = (uint32_t)(h & 0x8000) << 16, e = (h >> 10) & 31, m = h & 1023, r;
  if (e == 31) r = s | 0x7f800000u | m << 13;
  else if (e) r = s | (e + 112) << 23 | m << 13;
  else return nb_f32_bits((int32_t)(s | 0x3f800000u)) * (float)m * 5.9604644775390625e-8f;
  return nb_f32_bits((int32_t)r);
}
static inline uint16_t nb_f16_of_f32(float x) {
  uint32_t u = (uint32_t)nb_bits_f32(x), s = (u >> 16) & 0x8000, a = u & 0x7fffffffu;
  if (a > 0x7f800000u) return (uint16_t)(s | 0x7e00);
  if (a >= 0x47800000u) return (uint16_t)(s | 0x7c00);
  if (a < 0x38800000u) {
    float y = nb_f32_bits((int32_t)a) + 0.5f; /* aligns the mantissa to 2^-24, rounding to even */
    return (uint16_t)(s | ((uint32_t)nb_bits_f32(y) - 0x3f000000u));
  }
  return (uint16_t)(s | ((a - 0x38000000u + 0xfffu + ((a >> 13) & 1)) >> 13));
}
static inline float nb_half(float x) { return nb_f32_of_f16(nb_f16_of_f32(x)); }
${types}`
}

function vectorTypes(lanes: number): string {
  const define = (c: string, name: string) => `typedef ${c} ${name} __attribute__((vector_size(${lanes * 4})));
typedef ${c} ${name}u __attribute__((vector_size(${lanes * 4}), aligned(4), may_alias));
static inline ${name} nb_splat_${name}(${c} s) { return (${name}){${Array(lanes).fill('s').join(', ')}}; }
`
  const each = (name: string, element: string, x87: string) =>
    `static inline ${name} nb_${element}_${name}(${name} x) { ${name} r; for (int l = 0; l < ${lanes}; l++) r[l] = ${x87}(x[l]); return r; }\n`
  const f = `f32x${lanes}`
  const round = (name: string, builtin: string, mode: string) =>
    `${intrinsic(lanes, name, f, mode)}${each(f, name, builtin)}${lanes === 8 || lanes === 16 ? '#endif\n' : ''}`
  return [
    define('float', f),
    define('int32_t', `i32x${lanes}`),
    define('uint32_t', `u32x${lanes}`),
    `static inline ${f} nb_select(i32x${lanes} m, ${f} a, ${f} b) { return (${f})((m & (i32x${lanes})a) | (~m & (i32x${lanes})b)); }\n`,
    `static inline ${f} nb_abs_${f}(${f} x) { return (${f})((i32x${lanes})x & 0x7fffffff); }\n`,
    maskedLoad(lanes, f),
    round('floor', '__builtin_floorf', '1'),
    round('ceil', '__builtin_ceilf', '2'),
    round('trunc', '__builtin_truncf', '3'),
    round('rint', '__builtin_rintf', '0'),
    round('sqrt', '__builtin_sqrtf', ''),
  ].join('')
}

/** Elements where the mask is set, 0 elsewhere; memory behind unset lanes is not touched. */
function maskedLoad(lanes: number, f: string): string {
  const plain = `static inline ${f} nb_load_masked(const float *p, i32x${lanes} m) { ${f} r; for (int l = 0; l < ${lanes}; l++) r[l] = m[l] ? p[l] : 0; return r; }\n`
  if (lanes !== 8) return plain
  return `#if defined(__AVX__) && !defined(__clang__)
static inline ${f} nb_load_masked(const float *p, i32x8 m) { return __builtin_ia32_maskloadps256((const ${f} *)p, m); }
#else
${plain}#endif
`
}

/**
 * x86 has one instruction for each of these, which GCC does not always find in a loop over lanes. Its builtins are named here, for
 * the header of intrinsics takes longer to compile than most kernels.
 */
function intrinsic(lanes: number, name: string, f: string, mode: string): string {
  if (lanes !== 8 && lanes !== 16) return ''
  const macro = lanes === 8 ? '__AVX__' : '__AVX512F__'
  const call =
    lanes === 8
      ? name === 'sqrt'
        ? '__builtin_ia32_sqrtps256(x)'
        : `__builtin_ia32_roundps256(x, ${mode} | 8)`
      : name === 'sqrt'
        ? '__builtin_ia32_sqrtps512_mask(x, x, (uint16_t)-1, 4)'
        : `__builtin_ia32_rndscaleps_mask(x, ${mode} | 8, x, (uint16_t)-1, 4)`
  return `#if defined(${macro}) && !defined(__clang__)\nstatic inline ${f} nb_${name}_${f}(${f} x) { return ${call}; }\n#else\n`
}
