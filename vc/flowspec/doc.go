// Package flowspec converts between the FLOWSPECs of connection-oriented NDIS, in octets a second and
// microseconds, and ATM traffic contracts, in cells a second.
//
//	transmit, receive (Spec)                  vc.Contract, vc.QoS
//	octets/s of SDUs        --- Convert --->  cells/s with what AAL5 adds
//	                        <--- Of --------
//	Change, contract        --- Apply ---->   the contract with the change
//
// # AAL5
//
// An SDU of n octets takes ceil((n+8)/48) cells: the trailer has 8 octets, and padding fills the last
// cell (I.363.5). A rate of octets is therefore no fixed rate of cells. The conversion takes the worst SDU
// between MinimumPolicedSize and MaxSDUSize, so that the contract carries the rate whatever the sizes are;
// smaller SDUs count as one of MinimumPolicedSize. Without that every SDU counts as one of MaxSDUSize, and
// without both as what fills its cells (48 octets each).
//
// # Rounding
//
// A rate that is no whole number of cells a second is rounded up, so that it carries what is asked for, or
// down, so that it carries no more (ROUND_UP_FLOW, ROUND_DOWN_FLOW). Back to octets it is always rounded
// down: what is told is carried.
//
// # Services
//
//	BestEffort      UBR, at most at PeakBandwidth
//	Qualitative     the same with TokenRate as minimum desired cell rate
//	ControlledLoad  nrt-VBR: PeakBandwidth, TokenRate, TokenBucketSize (RFC 2381)
//	Guaranteed      CBR at TokenRate; rt-VBR if PeakBandwidth is above it (RFC 2381)
//	NoTraffic       nothing in this direction
//
// Concurrency: values are plain data.
//
//	c, err := flowspec.Convert(transmit, flowspec.Spec{}, flowspec.RoundUp)
//	granted, _ := flowspec.Of(&c.Contract, c.QoS)
//	change := flowspec.Change{Transmit: &transmit}
//	next, err := change.Apply(&c.Contract, c.QoS, true)
package flowspec
