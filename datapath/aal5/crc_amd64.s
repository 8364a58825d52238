//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// FOLD moves the block x on by what the multipliers k are for. It changes t.
#define FOLD(k, x, t) \
	MOVOA     x, t        \
	PCLMULQDQ $0x00, k, x \
	PCLMULQDQ $0x11, k, t \
	PXOR      t, x

// FOLDWIDE does so with two blocks.
#define FOLDWIDE(k, y, t) \
	VPCLMULQDQ $0x00, k, y, t \
	VPCLMULQDQ $0x11, k, y, y \
	VPXOR      t, y, y

// LOAD loads a block; X15 reverses it.
#define LOAD(off, x) \
	MOVOU  off(SI), x \
	PUT(x, off)       \
	PSHUFB X15, x

// LOADWIDE loads two; Y15 reverses both.
#define LOADWIDE(off, y) \
	VMOVDQU off(SI), y \
	PUTWIDE(y, off)    \
	VPSHUFB Y15, y, y

// START loads what every length needs. DI: the keys, X15: the mask that reverses, X1: the register of the
// CRC in its order on the wire, X0: the first block as it is, with the register added. It changes AX.
#define START \
	NOTL   AX           \
	BSWAPL AX           \
	MOVQ   AX, X1       \
	LEAQ   ·keys(SB), DI \
	MOVOU  (SI), X0     \
	MOVOU  (foldKeys_order+16)(DI), X15 \
	PUT(X0, 0)          \
	PXOR   X1, X0

// HEAD makes of the first block the head: so many octets, 1 to 16, that whole blocks follow. Of the register
// the head may not have all four octets: the rest goes into the next block. X0: the head, X1: that rest,
// SI: the blocks that follow, CX: their number. It changes DX, R8, X2, X3.
#define HEAD \
	DECQ   CX               \
	LEAQ   (foldKeys_order+31)(DI), R8 \
	MOVQ   CX, DX           \
	ANDQ   $15, DX          \
	SUBQ   DX, R8           \
	LEAQ   1(SI)(DX*1), SI  \
	SHRQ   $4, CX           \
	MOVOU  (R8), X2         \
	MOVOU  -16(R8), X3      \
	PSHUFB X2, X0           \
	PSHUFB X3, X1

// REDUCE turns the block X0 into the CRC AX. It changes X1, X2, X3, X4.
#define REDUCE \
	MOVOU     foldKeys_quotient(DI), X3 \
	MOVQ      foldKeys_divisor(DI), X4 \
	MOVOA     X0, X1          \
	PCLMULQDQ $0x11, X3, X0   \
	PSLLO     $8, X1          \
	PSRLO     $4, X1          \
	PXOR      X1, X0          \ // Y
	PSHUFD    $0x99, X0, X1   \ // [Y / x^32], twice
	MOVOA     X1, X2          \
	PCLMULQDQ $0x00, X3, X1   \
	PXOR      X2, X1          \ // q, in the upper half
	PCLMULQDQ $0x01, X4, X1   \
	PXOR      X1, X0          \
	MOVQ      X0, AX          \
	NOTL      AX

#define PUT(x, off)
#define PUTWIDE(y, off)

// func updateCLMUL(crc uint32, p []byte) uint32
TEXT ·updateCLMUL(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
#include "narrow_amd64.h"
	MOVL AX, ret+32(FP)
	RET

// func updateVPCLMUL(crc uint32, p []byte) uint32
TEXT ·updateVPCLMUL(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
#include "wide_amd64.h"
	MOVL AX, ret+32(FP)
	RET

#undef PUT
#undef PUTWIDE
#define PUT(x, off) MOVOU x, off(SI)(R9*1)
#define PUTWIDE(y, off) VMOVDQU y, off(SI)(R9*1)

// func copyCLMUL(crc uint32, dst, src []byte) uint32
TEXT ·copyCLMUL(SB), NOSPLIT, $0-60
	MOVL crc+0(FP), AX
	MOVQ dst_base+8(FP), R9
	MOVQ src_base+32(FP), SI
	MOVQ src_len+40(FP), CX
	SUBQ SI, R9
#include "narrow_amd64.h"
	MOVL AX, ret+56(FP)
	RET

// func copyVPCLMUL(crc uint32, dst, src []byte) uint32
TEXT ·copyVPCLMUL(SB), NOSPLIT, $0-60
	MOVL crc+0(FP), AX
	MOVQ dst_base+8(FP), R9
	MOVQ src_base+32(FP), SI
	MOVQ src_len+40(FP), CX
	SUBQ SI, R9
#include "wide_amd64.h"
	MOVL AX, ret+56(FP)
	RET

// func features7() (ecx uint32)
TEXT ·features7(SB), NOSPLIT, $0-4
	MOVL $7, AX
	XORL CX, CX
	CPUID
	MOVL CX, ecx+0(FP)
	RET
