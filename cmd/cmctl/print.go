package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"callmanager/api/cmdpb"
	"callmanager/cmd/cmctl/table"
	"callmanager/vc"
)

// printJSON prints a value for scripts.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printRows prints rows as a JSON array, or as a table with one row of cells each.
func printRows[T any](a *app, rows []T, headings []string, cells func(T) []string) error {
	if a.json {
		if rows == nil {
			rows = []T{}
		}
		return a.printJSON(rows)
	}
	t := table.New(a.out, headings...)
	for _, r := range rows {
		t.Row(cells(r)...)
	}
	return t.Flush()
}

// counters converts counters to a map for JSON.
func counters(cs []*cmdpb.Counter) map[string]uint64 {
	m := make(map[string]uint64, len(cs))
	for _, c := range cs {
		m[c.GetName()] = c.GetValue()
	}
	return m
}

// handle formats a handle; 0 is none.
func handle(h uint64) string {
	if h == 0 {
		return ""
	}
	return vc.Handle(h).String()
}

// channel formats a VPI/VCI; without a link there is none.
func channel(link string, vpi, vci uint32) string {
	if link == "" {
		return ""
	}
	return fmt.Sprintf("%d/%d", vpi, vci)
}

// contractRow is a contract for JSON.
type contractRow struct {
	Category string  `json:"category"`
	Forward  flowRow `json:"forward"`
	Backward flowRow `json:"backward"`
}

// flowRow is one direction of a contract for JSON.
type flowRow struct {
	PCR        uint32 `json:"pcr"`         // cells/s
	BitRate    uint64 `json:"bit_rate"`    // SDU payload at full cells, bit/s
	MaxSDU     uint32 `json:"max_sdu"`     // octets
	MinPoliced uint32 `json:"min_policed"` // octets
	SCR        uint32 `json:"scr"`         // cells/s; 0 but for VBR
	MBS        uint32 `json:"mbs"`         // cells; 0 but for VBR
	MDCR       uint32 `json:"mdcr"`        // cells/s; 0 but for UBR
}

// newContractRow converts a contract.
func newContractRow(c *cmdpb.Contract) contractRow {
	return contractRow{
		Category: categoryName(c.GetCategory()), Forward: newFlowRow(c.GetForward()), Backward: newFlowRow(c.GetBackward()),
	}
}

// newFlowRow converts one direction.
func newFlowRow(f *cmdpb.Flow) flowRow {
	return flowRow{
		PCR: f.GetPcr(), BitRate: uint64(vc.CellRate(f.GetPcr()).Bits()), MaxSDU: f.GetMaxSdu(), MinPoliced: f.GetMinPoliced(),
		SCR: f.GetScr(), MBS: f.GetMbs(), MDCR: f.GetMdcr(),
	}
}

// categoryName names a service category as the field does.
func categoryName(c cmdpb.Category) string {
	if c == cmdpb.Category_CATEGORY_UNSPECIFIED {
		return ""
	}
	return vc.Category(c).String()
}

// contractText says in one cell what a contract is.
func contractText(c *cmdpb.Contract) string {
	if c.GetCategory() == cmdpb.Category_CATEGORY_UNSPECIFIED {
		return ""
	}
	// both says what both directions have, or what each has.
	both := func(get func(*cmdpb.Flow) uint32, text func(uint32) string) string {
		forward, backward := get(c.GetForward()), get(c.GetBackward())
		if forward == backward {
			return text(forward)
		}
		return text(forward) + "/" + text(backward)
	}
	rate := func(n uint32) string { return vc.CellRate(n).Bits().String() }
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	s := categoryName(c.GetCategory()) + " " + both((*cmdpb.Flow).GetPcr, rate)
	if c.GetForward().GetScr()+c.GetBackward().GetScr() > 0 {
		s += " scr " + both((*cmdpb.Flow).GetScr, rate) + " mbs " + both((*cmdpb.Flow).GetMbs, number)
	}
	if c.GetForward().GetMdcr()+c.GetBackward().GetMdcr() > 0 {
		s += " mdcr " + both((*cmdpb.Flow).GetMdcr, rate)
	}
	return s + " sdu " + both((*cmdpb.Flow).GetMaxSdu, number)
}
