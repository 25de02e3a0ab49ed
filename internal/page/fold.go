package page

import (
	"html/template"
	"strings"
	"text/template/parse"

	"gelombang/internal/locale"
)

// fold writes down at start what a template would say alike on every page: a text, an
// asset's address or a global that is named literally. Templates are per language, and
// half of what a page evaluates is of this kind.
func (r *Renderer) fold(set *template.Template, lang locale.Lang) {
	said := map[string]func(string) string{
		"t":      func(key string) string { return r.cfg.Catalog.Text(lang, key, nil) },
		"th":     func(key string) string { return string(r.cfg.Catalog.HTML(lang, key, nil)) },
		"asset":  func(name string) string { path, _ := r.assets.Path(name); return path }, // none: the template says so
		"global": func(name string) string { return r.cfg.Globals[name] },
	}
	for _, t := range set.Templates() {
		if t.Tree != nil {
			foldList(t.Tree.Root, said)
		}
	}
}

func foldList(list *parse.ListNode, said map[string]func(string) string) {
	if list == nil {
		return
	}
	for i, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			if words, ok := foldAction(n, said); ok {
				list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(words)}
			}
		case *parse.IfNode:
			foldBranch(&n.BranchNode, said)
		case *parse.RangeNode:
			foldBranch(&n.BranchNode, said)
		case *parse.WithNode:
			foldBranch(&n.BranchNode, said)
		}
	}
}

func foldBranch(b *parse.BranchNode, said map[string]func(string) string) {
	foldList(b.List, said)
	foldList(b.ElseList, said)
}

// foldAction gives the words of {{name "literal"}}. Words that some context would have
// to escape stay with the template, which knows the context.
func foldAction(n *parse.ActionNode, said map[string]func(string) string) (string, bool) {
	if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 2 {
		return "", false
	}
	name, isName := n.Pipe.Cmds[0].Args[0].(*parse.IdentifierNode)
	literal, isLiteral := n.Pipe.Cmds[0].Args[1].(*parse.StringNode)
	if !isName || !isLiteral || said[name.Ident] == nil {
		return "", false
	}
	words := said[name.Ident](literal.Text)
	return words, words != "" && !strings.ContainsAny(words, "<>&\"'`")
}
