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
	REVERSE(x)

// LOAD4 loads the next four blocks into V16 to V19.
#define LOAD4 \
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16] \
	REVERSE(V16) \
	REVERSE(V17) \
	REVERSE(V18) \
	REVERSE(V19)

// For 16 octets or more. R0: the CRC, R1: the octets, R2: their number.
//
// func updatePMULL(crc uint32, p []byte) uint32
TEXT ·updatePMULL(SB), NOSPLIT, $0-36
	MOVWU crc+0(FP), R0
	MOVD  p_base+8(FP), R1
	MOVD  p_len+16(FP), R2
	// V0 becomes the head: the first 1 to 16 octets, R3 of them, so many that R2 whole blocks follow. Of
	// the register of the CRC the head may not have all four octets: V1 is the rest, which goes into the
	// next block. R4: the keys.
	MOVD  $·keys(SB), R4
	MVNW  R0, R0
	REVW  R0, R0
	FMOVS R0, F1
	VLD1  (R1), [V0.B16]
	SUB   $1, R2
	AND   $15, R2, R3
	LSR   $4, R2
	ADD   $(foldKeys_order+31), R4, R5
	SUB   R3, R5
	VLD1  (R5), [V2.B16]
	SUB   $16, R5
	VLD1  (R5), [V3.B16]
	ADD   $(foldKeys_order+16), R4, R5
	VLD1  (R5), [V31.B16]
	ADD   $1, R3
	ADD   R3, R1
	VEOR  V1.B16, V0.B16, V0.B16
	VTBL  V2.B16, [V0.B16], V0.B16
	VTBL  V3.B16, [V1.B16], V1.B16

	CMP $2, R2
	BHI long
	BEQ three
	CBZ R2, reduce

	// Two blocks, the head included.
	LOAD(V4)
	FMOVQ foldKeys_by128(R4), F5
	VEOR  V1.B16, V4.B16, V4.B16
	FOLD(V5, V0, V2)
	VEOR  V4.B16, V0.B16, V0.B16
	B     reduce

	// Three: the first two move on beside each other.
three:
	LOAD(V4)
	LOAD(V5)
	FMOVQ foldKeys_by256(R4), F6
	FMOVQ foldKeys_by128(R4), F7
	VEOR  V1.B16, V4.B16, V4.B16
	FOLD(V6, V0, V2)
	FOLD(V7, V4, V3)
	VEOR  V5.B16, V0.B16, V0.B16
	VEOR  V4.B16, V0.B16, V0.B16
	B     reduce

	// Four and more: V0, V4, V5, V6 hold four neighbours.
long:
	LOAD(V4)
	LOAD(V5)
	LOAD(V6)
	FMOVQ foldKeys_by512(R4), F30
	VEOR  V1.B16, V4.B16, V4.B16
	SUBS  $7, R2
	BLT   rest

four:
	LOAD4
	FOLD(V30, V0, V20)
	FOLD(V30, V4, V21)
	FOLD(V30, V5, V22)
	FOLD(V30, V6, V23)
	VEOR V16.B16, V0.B16, V0.B16
	VEOR V17.B16, V4.B16, V4.B16
	VEOR V18.B16, V5.B16, V5.B16
	VEOR V19.B16, V6.B16, V6.B16
	SUBS $4, R2
	BGE  four

rest:
	ADDS $4, R2
	BEQ  join

	// One more block: the first of the four moves on to it and becomes the last.
single:
	FOLD(V30, V0, V20)
	LOAD(V16)
	VEOR V0.B16, V16.B16, V16.B16
	VMOV V4.B16, V0.B16
	VMOV V5.B16, V4.B16
	VMOV V6.B16, V5.B16
	VMOV V16.B16, V6.B16
	SUBS $1, R2
	BNE  single

join:
	FMOVQ foldKeys_by384(R4), F1
	FMOVQ foldKeys_by256(R4), F2
	FMOVQ foldKeys_by128(R4), F3
	FOLD(V1, V0, V20)
	FOLD(V2, V4, V21)
	FOLD(V3, V5, V22)
	VEOR  V4.B16, V0.B16, V0.B16
	VEOR  V6.B16, V5.B16, V5.B16
	VEOR  V5.B16, V0.B16, V0.B16

	// The block V0 becomes the CRC: Y in V0, [Y / x^32] in V1, the quotient in V2.
reduce:
	FMOVQ   foldKeys_quotient(R4), F3
	FMOVD   foldKeys_divisor(R4), F4
	VEOR    V7.B16, V7.B16, V7.B16
	VEXT    $8, V0.B16, V7.B16, V1.B16
	VPMULL2 V3.D2, V0.D2, V0.Q1
	VEXT    $4, V7.B16, V1.B16, V1.B16
	VEOR    V1.B16, V0.B16, V0.B16
	VEXT    $4, V7.B16, V0.B16, V1.B16
	VPMULL  V3.D1, V1.D1, V2.Q1
	VEXT    $8, V7.B16, V2.B16, V2.B16
	VEOR    V1.B16, V2.B16, V2.B16
	VPMULL  V4.D1, V2.D1, V2.Q1
	VEOR    V2.B16, V0.B16, V0.B16
	FMOVS   F0, R0
	MVNW    R0, R0
	MOVW  R0, ret+32(FP)
	RET
