package dissect

import "callmanager/signalling/q2931/ie"

// trafficDescriptor are the subfields of the ATM traffic descriptors (Q.2931 4.5.6, UNI 4.0).
var trafficDescriptor = map[byte]subfield{
	0x82: {"forward peak cell rate, CLP=0", 3, sayCells, nil},
	0x83: {"backward peak cell rate, CLP=0", 3, sayCells, nil},
	0x84: {"forward peak cell rate, CLP=0+1", 3, sayCells, nil},
	0x85: {"backward peak cell rate, CLP=0+1", 3, sayCells, nil},
	0x88: {"forward sustainable cell rate, CLP=0", 3, sayCells, nil},
	0x89: {"backward sustainable cell rate, CLP=0", 3, sayCells, nil},
	0x90: {"forward sustainable cell rate, CLP=0+1", 3, sayCells, nil},
	0x91: {"backward sustainable cell rate, CLP=0+1", 3, sayCells, nil},
	0x92: {"forward ABR minimum cell rate", 3, sayCells, nil},
	0x93: {"backward ABR minimum cell rate", 3, sayCells, nil},
	0xa0: {"forward maximum burst size, CLP=0", 3, unit("cells"), nil},
	0xa1: {"backward maximum burst size, CLP=0", 3, unit("cells"), nil},
	0xb0: {"forward maximum burst size, CLP=0+1", 3, unit("cells"), nil},
	0xb1: {"backward maximum burst size, CLP=0+1", 3, unit("cells"), nil},
	0xbe: {name: "best effort"},
	0xbf: {"traffic management options", 1, nil, []bits{
		{"forward frame discard", 0x80, sayYes},
		{"backward frame discard", 0x40, sayYes},
		{"backward tagging", 2, sayYes},
		{"forward tagging", 1, sayYes},
	}},
}

// aal reads the AAL parameters (Q.2931 4.5.5).
func aal(s *scan) {
	typ := ie.AALType(s.octet(bits{"AAL type", 0xff, at(map[uint64]string{
		0: "AAL for voice", 1: "AAL1", 2: "AAL2", 3: "AAL3/4", 5: "AAL5", 0x10: "user defined",
	})}))
	if typ == ie.AALUser {
		s.rest("user defined information")
		return
	}
	s.subfields(aalParameters)
}

// aalParameters are the subfields of the AAL parameters.
var aalParameters = map[byte]subfield{
	0x8c: {"forward maximum CPCS-SDU size", 2, unit("octets"), nil},
	0x81: {"backward maximum CPCS-SDU size", 2, unit("octets"), nil},
	0x82: {"MID range", 4, nil, []bits{{"lowest MID", 0xffff0000, nil}, {"highest MID", 0xffff, nil}}},
	0x83: {"mode", 1, list("", "message mode", "streaming mode"), nil},
	0x84: {"SSCS type", 1, list("null", "SSCOP, assured", "SSCOP, unassured", "", "frame relay"), nil},
	0x85: {"AAL1 subtype", 1, list("null", "voice at 64 kbit/s", "circuit transport", "asynchronous circuit transport",
		"high quality audio", "video"), nil},
	0x86: {"CBR rate", 1, at(map[uint64]string{
		1: "64 kbit/s", 4: "1544 kbit/s", 5: "6312 kbit/s", 6: "32064 kbit/s", 7: "44736 kbit/s", 8: "97728 kbit/s",
		0x10: "2048 kbit/s", 0x11: "8448 kbit/s", 0x12: "34368 kbit/s", 0x13: "139264 kbit/s", 0x40: "n x 64 kbit/s",
		0x41: "n x 8 kbit/s",
	}), nil},
	0x87: {"multiplier", 2, nil, nil},
	0x88: {"source clock recovery", 1, list("null", "SRTS", "adaptive"), nil},
	0x89: {"error correction", 1, list("null", "FEC for loss sensitive transport", "FEC for delay sensitive transport"), nil},
	0x8a: {"structured data transfer block size", 2, unit("octets"), nil},
	0x8b: {"partially filled cells", 1, unit("octets"), nil},
}

// transitDelay are the subfields of the end-to-end transit delay (Q.2931 4.5.17, UNI 4.0).
var transitDelay = map[byte]subfield{
	0x01: {"cumulative transit delay", 2, unit("ms"), nil},
	0x03: {"maximum end-to-end transit delay", 2, func(v uint64) string {
		if v == 0xffff {
			return "any"
		}
		return "ms"
	}, nil},
	0x0a: {name: "network generated"},
}

// extQoS are the subfields of the extended QoS parameters (UNI 4.0 section 9).
var extQoS = map[byte]subfield{
	0x94: {"acceptable forward peak-to-peak CDV", 3, sayCDV, nil},
	0x95: {"acceptable backward peak-to-peak CDV", 3, sayCDV, nil},
	0x96: {"cumulative forward peak-to-peak CDV", 3, sayCDV, nil},
	0x97: {"cumulative backward peak-to-peak CDV", 3, sayCDV, nil},
	0xa2: {"acceptable forward cell loss ratio", 1, sayCLR, nil},
	0xa3: {"acceptable backward cell loss ratio", 1, sayCLR, nil},
}

// minDesired are the subfields of the minimum desired cell rate (af-cs-0147).
var minDesired = map[byte]subfield{
	0x00: {"forward minimum desired cell rate", 3, sayCells, nil},
	0x02: {"backward minimum desired cell rate", 3, sayCells, nil},
}

// abrSetup are the subfields of the ABR setup parameters (UNI 4.0 section 10).
var abrSetup = map[byte]subfield{
	0xc2: {"forward initial cell rate", 3, sayCells, nil},
	0xc3: {"backward initial cell rate", 3, sayCells, nil},
	0xc4: {"forward transient buffer exposure", 3, unit("cells"), nil},
	0xc5: {"backward transient buffer exposure", 3, unit("cells"), nil},
	0xc6: {"cumulative RM fixed round trip time", 3, sayMicro, nil},
	0xc8: {"forward rate increase factor", 1, nil, nil},
	0xc9: {"backward rate increase factor", 1, nil, nil},
	0xca: {"forward rate decrease factor", 1, nil, nil},
	0xcb: {"backward rate decrease factor", 1, nil, nil},
}

// abrRecord are the bits of a record of the ABR additional parameters: what is there, and the values.
var abrRecord = []bits{
	{"Nrm present", 1 << 31, sayYes},
	{"Trm present", 1 << 30, sayYes},
	{"CDF present", 1 << 29, sayYes},
	{"ADTF present", 1 << 28, sayYes},
	{"Nrm", 7 << 25, nil},
	{"Trm", 7 << 22, nil},
	{"CDF", 7 << 19, nil},
	{"ADTF", 0x3ff << 9, nil},
}

// abrAdditional are the subfields of the ABR additional parameters (UNI 4.0 section 10).
var abrAdditional = map[byte]subfield{
	0xc2: {"forward additional parameters record", 4, nil, abrRecord},
	0xc3: {"backward additional parameters record", 4, nil, abrRecord},
}
