//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// FOLD moves the block x on by what the multipliers k are for. It changes t.
#define FOLD(k, x, t) \
	VPMULL  k.D1, x.D1, t.Q1   \
	VPMULL2 k.D2, x.D2, x.Q1   \
	VEOR    t.B16, x.B16, x.B16

// REVERSE turns a block as it is into the number; V31 is the mask that reverses.
#define REVERSE(x) VTBL V31.B16, [x.B16], x.B16

// LOAD loads the next block into x.
#define LOAD(x) \
	VLD1.P 16(R1), [x.B16] \
	PUT(x)                 \
	REVERSE(x)

// LOAD4 loads the next four blocks into V16 to V19.
#define LOAD4 \
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16] \
	PUT4         \
	REVERSE(V16) \
	REVERSE(V17) \
	REVERSE(V18) \
	REVERSE(V19)

#define PUTHEAD
#define PUT(x)
#define PUT4

// func updatePMULL(crc uint32, p []byte) uint32
TEXT ·updatePMULL(SB), NOSPLIT, $0-36
	MOVWU crc+0(FP), R0
	MOVD  p_base+8(FP), R1
	MOVD  p_len+16(FP), R2
#include "fold_arm64.h"
	MOVW  R0, ret+32(FP)
	RET

#undef PUTHEAD
#undef PUT
#undef PUT4
#define PUTHEAD \
	VST1 [V0.B16], (R9) \
	ADD  R3, R9
#define PUT(x) VST1.P [x.B16], 16(R9)
#define PUT4 VST1.P [V16.B16, V17.B16, V18.B16, V19.B16], 64(R9)

// func copyPMULL(crc uint32, dst, src []byte) uint32
TEXT ·copyPMULL(SB), NOSPLIT, $0-60
	MOVWU crc+0(FP), R0
	MOVD  dst_base+8(FP), R9
	MOVD  src_base+32(FP), R1
	MOVD  src_len+40(FP), R2
#include "fold_arm64.h"
	MOVW  R0, ret+56(FP)
	RET
