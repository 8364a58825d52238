// Package ie reads and writes the information elements of ATM signalling: Q.2931 clause 4.5
// (02/95) with Q.2610, Q.2932, Q.2962, Q.2963.1 and Q.2971, ATM Forum UNI 3.0, 3.1 and 4.0
// (af-sig-0061) and the minimum desired cell rate of af-cs-0147.
//
// It knows the contents of each element, one type a file, and the table of the elements: name,
// longest length, coding standard. It does not know messages: which of them carries an element,
// how often, and what becomes of a message with a bad one is package msg.
//
//	  8   7   6   5   4   3   2   1
//	+---------------------------------+
//	|           identifier            |  octet 1
//	+---+-------+---+---+-------------+
//	| 1 |coding |flg|res|   action    |  octet 2: Header
//	+---+-------+---+---+-------------+
//	|       length of contents        |  octets 3 and 4
//	+---------------------------------+
//	|            contents             |  octet 5 on: the types of this package
//	+---------------------------------+
//
// Reading is liberal where the standards say so: spare bits count for nothing, subfields come in
// any order, a second copy of one is ignored, values of older editions are known. Everything else
// is a *ContentError. Writing is strict: AppendContents refuses what the standard does not allow.
//
// The types are plain values without locks: one goroutine at a time may use one. Elements made of
// numbers and short strings are comparable with ==. Octet strings (cause diagnostics,
// notification, user-user, generic identifiers) share memory with what was parsed.
//
// The zero Header is the usual one, so that an element is built from its own fields:
//
//	td := ie.TD{
//		Fwd:        ie.Rates{PCR01: ie.Some[uint32](353207)},
//		Bwd:        ie.Rates{PCR01: ie.Some[uint32](353207)},
//		BestEffort: true,
//	}
//	b, err := ie.Append(nil, ie.IDTD, &td)
//
// # Design notes
//
// Where the sources disagree: minimum acceptable and alternative descriptor are 81 and 82 (Q.2962);
// "no VCI" is 100; transparent VP is class 18; locations 7 and 10 are the international network
// and the network beyond the interworking point, and 6 is read but not written; the connection
// scope is written with type 1. The elements of UNI 4.0 are written with network coding and read
// with ITU-T coding too.
package ie
