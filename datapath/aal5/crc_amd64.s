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
	PSHUFB X15, x

// LOADWIDE loads two; Y15 reverses both.
#define LOADWIDE(off, y) \
	VMOVDQU off(SI), y \
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

// For 16 octets or more. AX: the CRC, SI: the octets, CX: their number.
//
// func updateCLMUL(crc uint32, p []byte) uint32
TEXT ·updateCLMUL(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	START
	CMPQ CX, $48
	JEQ  cell
	HEAD
	CMPQ  CX, $2
	JHI   long
	JEQ   three
	TESTQ CX, CX
	JEQ   reduce

	// Two blocks, the head included.
	LOAD(0, X4)
	MOVOU foldKeys_by128(DI), X5
	PXOR  X1, X4
	FOLD(X5, X0, X2)
	PXOR  X4, X0
	JMP   reduce

	// The three of a cell are whole.
cell:
	LOAD(16, X4)
	LOAD(32, X5)
	PSHUFB X15, X0
	JMP    both

	// Three: the first two move on beside each other.
three:
	LOAD(0, X4)
	LOAD(16, X5)
	PXOR X1, X4

both:
	MOVOU foldKeys_by256(DI), X6
	MOVOU foldKeys_by128(DI), X7
	FOLD(X6, X0, X2)
	FOLD(X7, X4, X3)
	PXOR  X5, X0
	PXOR  X4, X0
	JMP   reduce

	// Four and more: X0, X4, X5, X6 hold four neighbours.
long:
	LOAD(0, X4)
	LOAD(16, X5)
	LOAD(32, X6)
	PXOR  X1, X4
	MOVOU foldKeys_by512(DI), X14
	ADDQ  $48, SI
	SUBQ  $7, CX
	JLT   rest

four:
	FOLD(X14, X0, X8)
	FOLD(X14, X4, X9)
	LOAD(0, X10)
	LOAD(16, X11)
	FOLD(X14, X5, X8)
	FOLD(X14, X6, X9)
	LOAD(32, X12)
	LOAD(48, X13)
	PXOR  X10, X0
	PXOR  X11, X4
	PXOR  X12, X5
	PXOR  X13, X6
	ADDQ  $64, SI
	SUBQ  $4, CX
	JGE   four

rest:
	ADDQ $4, CX
	JEQ  join

	// One more block: the first of the four moves on to it and becomes the last.
single:
	FOLD(X14, X0, X8)
	LOAD(0, X10)
	PXOR  X0, X10
	MOVOA X4, X0
	MOVOA X5, X4
	MOVOA X6, X5
	MOVOA X10, X6
	ADDQ  $16, SI
	DECQ  CX
	JNE   single

join:
	MOVOU foldKeys_by384(DI), X1
	MOVOU foldKeys_by256(DI), X2
	MOVOU foldKeys_by128(DI), X3
	FOLD(X1, X0, X8)
	FOLD(X2, X4, X9)
	FOLD(X3, X5, X10)
	PXOR  X4, X0
	PXOR  X6, X5
	PXOR  X5, X0

reduce:
	REDUCE
	MOVL AX, ret+32(FP)
	RET

// For 128 octets or more. AX: the CRC, SI: the octets, CX: their number.
//
// func updateVPCLMUL(crc uint32, p []byte) uint32
TEXT ·updateVPCLMUL(SB), NOSPLIT, $0-36
	MOVL crc+0(FP), AX
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	START
	HEAD
	VBROADCASTI128 (foldKeys_order+16)(DI), Y15
	VBROADCASTI128 foldKeys_by1024(DI), Y14

	// Y0, Y4, Y5, Y6 hold eight neighbours; an even number of blocks is to follow. The first of the
	// eight is the head, or it is zero and the head is the second.
	TESTQ       $1, CX
	JNE         even
	VPXOR       Y2, Y2, Y2
	VINSERTI128 $1, X0, Y2, Y0
	VMOVDQA     X1, X1         // clears the upper half of Y1
	JMP         fill

even:
	VMOVDQU     (SI), X2
	VPSHUFB     X15, X2, X2
	VPXOR       X1, X2, X2
	VINSERTI128 $1, X2, Y0, Y0
	VPXOR       Y1, Y1, Y1
	ADDQ        $16, SI
	DECQ        CX

fill:
	LOADWIDE(0, Y4)
	LOADWIDE(32, Y5)
	LOADWIDE(64, Y6)
	VPXOR Y1, Y4, Y4
	ADDQ  $96, SI
	SUBQ  $14, CX
	JLT   rest

eight:
	FOLDWIDE(Y14, Y0, Y8)
	FOLDWIDE(Y14, Y4, Y9)
	LOADWIDE(0, Y10)
	LOADWIDE(32, Y11)
	FOLDWIDE(Y14, Y5, Y8)
	FOLDWIDE(Y14, Y6, Y9)
	LOADWIDE(64, Y12)
	LOADWIDE(96, Y13)
	VPXOR Y10, Y0, Y0
	VPXOR Y11, Y4, Y4
	VPXOR Y12, Y5, Y5
	VPXOR Y13, Y6, Y6
	ADDQ  $128, SI
	SUBQ  $8, CX
	JGE   eight

rest:
	ADDQ $8, CX
	JEQ  join

	// Two more blocks: the first two of the eight move on to them and become the last.
pair:
	FOLDWIDE(Y14, Y0, Y8)
	LOADWIDE(0, Y10)
	VPXOR   Y0, Y10, Y10
	VMOVDQA Y4, Y0
	VMOVDQA Y5, Y4
	VMOVDQA Y6, Y5
	VMOVDQA Y10, Y6
	ADDQ    $32, SI
	SUBQ    $2, CX
	JNE     pair

join:
	VBROADCASTI128 foldKeys_by768(DI), Y1
	VBROADCASTI128 foldKeys_by512(DI), Y2
	VBROADCASTI128 foldKeys_by256(DI), Y3
	FOLDWIDE(Y1, Y0, Y8)
	FOLDWIDE(Y2, Y4, Y9)
	FOLDWIDE(Y3, Y5, Y10)
	VPXOR        Y6, Y0, Y0
	VPXOR        Y4, Y5, Y5
	VPXOR        Y5, Y0, Y0
	VEXTRACTI128 $1, Y0, X4
	VZEROUPPER
	MOVOU        foldKeys_by128(DI), X7
	FOLD(X7, X0, X2)
	PXOR         X4, X0
	REDUCE
	MOVL AX, ret+32(FP)
	RET

// func features7() (ecx uint32)
TEXT ·features7(SB), NOSPLIT, $0-4
	MOVL $7, AX
	XORL CX, CX
	CPUID
	MOVL CX, ecx+0(FP)
	RET
