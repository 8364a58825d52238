// Package aal5 is the checksum and the trailer of the AAL5 common part (ITU-T I.363.5, 08/96). It computes
// and checks; it cuts no PDU into cells and puts none together.
//
//	+------------------------------+-----------+----+-----+--------+--------+
//	|           CPCS-SDU           |    PAD    | UU | CPI | length | CRC-32 |
//	+------------------------------+-----------+----+-----+--------+--------+
//	 1 to 65535 octets               0 to 47     1    1      2        4        a multiple of 48
//
// The CRC has the polynomial of Ethernet and the other bit first: it is not that of hash/crc32.
//
// # Implementations
//
//	vpclmulqdq   amd64 with VPCLMULQDQ and AVX2, from 128 octets on
//	pclmulqdq    amd64 with PCLMULQDQ and SSSE3, from 16 octets on
//	pmull        arm64 with PMULL, from 16 octets on
//	generic      sixteen tables, 16 KiB: other processors, fewer octets and the build tag purego
//
// The processor is asked once, at start-up, and lengths are compared with the answer.
//
// # Concurrency
//
// Functions are pure but for the octets that Finish is given to write. The race detector does not see the
// accesses of the assembly.
//
// # Design notes
//
// The choice is a comparison and a direct call. A call through a variable was 0.6 ns quicker, at 9 ns for a
// cell, and would move to the heap every array whose slice is passed.
//
// There is no copy within the pass of the CRC: nothing here keeps a PDU in one piece. In cells that have
// something between them each CRC would wait for that of the cell before, 12 ns, when all of the PDU runs at
// 2 ns a cell.
package aal5
