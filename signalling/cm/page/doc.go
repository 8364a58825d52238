// Package page chooses the rows of one page of a list whose rows lie in a table without order.
//
//	table, any order ── keys above the last page's ─▶ the first of them, in order, and whether there are more
//
// Concurrency: there are functions without state alone. The caller's table does not change meanwhile.
package page
