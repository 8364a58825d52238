package ie

// BearerClass is the broadband bearer class.
type BearerClass uint8

// The bearer classes.
const (
	BCOBA         BearerClass = 0x01
	BCOBC         BearerClass = 0x03
	BCOBX         BearerClass = 0x10
	TransparentVP BearerClass = 0x18
)

// ATC is the ATM transfer capability, octet 5a of the bearer capability. UNI 3.x calls the same
// bits traffic type (bits 5-3) and timing requirement (bits 2-1).
type ATC uint8

// The transfer capabilities of UNI 4.0. The values 00, 01, 02, 04, 06 and 08 of UNI 3.x are read too.
const (
	ATCCBR      ATC = 0x05
	ATCCBRCLR01 ATC = 0x07 // CBR with the cell loss ratio on CLP=0+1
	ATCRTVBR    ATC = 0x09
	ATCNRTVBR   ATC = 0x0a
	ATCNRTVBR01 ATC = 0x0b // non-real-time VBR, cell loss ratio on CLP=0+1
	ATCABR      ATC = 0x0c
	ATCRTVBR01  ATC = 0x13 // real-time VBR, cell loss ratio on CLP=0+1
)

// BearerConfig is the user plane connection configuration.
type BearerConfig uint8

// The connection configurations.
const (
	PointToPoint      BearerConfig = 0
	PointToMultipoint BearerConfig = 1
)

// Bearer is the broadband bearer capability (Q.2931 4.5.7).
//
//	   8     7   6     5   4   3   2   1
//	+-----+---------+-------------------+
//	|  e  |  spare  |   bearer class    |  octet 5
//	+-----+---------+-------------------+
//	|  1  |   ATM transfer capability   |  octet 5a, if e is 0
//	+-----+---------+-----------+-------+
//	|  1  | clipping|   spare   | config|  octet 6
//	+-----+---------+-----------+-------+
type Bearer struct {
	Header
	Class    BearerClass
	ATC      Opt[ATC]
	Clipping bool // susceptible to clipping
	Config   BearerConfig
}

// ParseContents implements Element.
func (r *Bearer) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	o := c.u8()
	r.Class = BearerClass(o & 0x1f)
	if o&0x80 == 0 {
		r.ATC = Some(ATC(c.last()))
	}
	o = c.last()
	r.Clipping = o&0x20 != 0
	if o&0x40 != 0 {
		c.fail("reserved value of susceptibility to clipping")
	}
	r.Config = BearerConfig(o & 3)
	if err := c.done(); err != nil {
		return err
	}
	return r.check(id)
}

// AppendContents implements Element.
func (r *Bearer) AppendContents(id ID, b []byte) ([]byte, error) {
	if err := r.check(id); err != nil {
		return b, err
	}
	if r.ATC.Present {
		b = append(b, byte(r.Class), 0x80|byte(r.ATC.Value))
	} else {
		b = append(b, 0x80|byte(r.Class))
	}
	o := 0x80 | byte(r.Config)
	if r.Clipping {
		o |= 0x20
	}
	return append(b, o), nil
}

// The sets of transfer capabilities of each bearer class (UNI 4.0 annex 9, with the values of
// UNI 3.x for BCOB-X), one bit for each value.
const (
	atcsA = 1 << ATCCBRCLR01
	atcsC = 1<<ATCRTVBR01 | 1<<ATCRTVBR | 1<<ATCNRTVBR01 | 1<<ATCABR
	atcsX = 1<<0x00 | 1<<0x01 | 1<<0x02 | 1<<0x04 | 1<<0x06 | 1<<0x08 | atcsA | atcsC |
		1<<ATCCBR | 1<<ATCNRTVBR
	atcsVP = 1<<ATCCBR | atcsA | atcsC | 1<<ATCNRTVBR
)

// check verifies that the class exists and has the transfer capability.
func (r *Bearer) check(id ID) error {
	var atcs uint32
	switch r.Class {
	case BCOBA:
		atcs = atcsA
	case BCOBC:
		atcs = atcsC
	case BCOBX:
		atcs = atcsX
	case TransparentVP:
		atcs = atcsVP
	default:
		return refuse(id, "unknown bearer class")
	}
	if r.ATC.Present && (r.ATC.Value > 31 || atcs>>r.ATC.Value&1 == 0) {
		return refuse(id, "transfer capability that the bearer class does not have")
	}
	if r.Config > PointToMultipoint {
		return refuse(id, "unknown connection configuration")
	}
	return nil
}
