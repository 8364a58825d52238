// Package aal5 is the checksum and the trailer of the AAL5 common part (ITU-T I.363.5, 08/96).
//
//	+------------------------------+-----------+----+-----+--------+--------+
//	|           CPCS-SDU           |    PAD    | UU | CPI | length | CRC-32 |
//	+------------------------------+-----------+----+-----+--------+--------+
//	 1 to 65535 octets               0 to 47     1    1      2        4        a multiple of 48
package aal5
