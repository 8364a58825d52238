package ie

// ReportTypeValue is what is to be reported.
type ReportTypeValue uint8

// The report types.
const (
	ReportModification    ReportTypeValue = 0x01 // modification confirmation
	ReportClock           ReportTypeValue = 0x02 // clock recovery
	ReportAvailability    ReportTypeValue = 0x04 // end-to-end availability
	ReportEndToEndRequest ReportTypeValue = 0x05
	ReportEndToEndDone    ReportTypeValue = 0x06 // end-to-end completion
)

// ReportType is the broadband report type (Q.2963.1).
//
//	+-----------------+
//	|  type of report |  octet 5
//	+-----------------+
type ReportType struct {
	Header
	Type ReportTypeValue
}

func (t ReportTypeValue) known() bool {
	switch t {
	case ReportModification, ReportClock, ReportAvailability, ReportEndToEndRequest, ReportEndToEndDone:
		return true
	}
	return false
}

// ParseContents implements Element.
func (r *ReportType) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	r.Type = ReportTypeValue(c.u8())
	if !r.Type.known() {
		c.fail("unknown type of report")
	}
	return c.done()
}

// AppendContents implements Element.
func (r *ReportType) AppendContents(id ID, b []byte) ([]byte, error) {
	if !r.Type.known() {
		return b, refuse(id, "unknown type of report")
	}
	return append(b, byte(r.Type)), nil
}
