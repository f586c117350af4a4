import type { ReactNode } from 'react'

interface Art {
  background: string
  drawing: ReactNode
}

const ART: Readonly<Record<string, Art>> = {
  mug: {
    background: '#e8e0d5',
    drawing: (
      <>
        <path d="M138 82h16a20 20 0 0 1 0 40h-16" fill="none" stroke="#7c5c46" strokeWidth="9" />
        <path d="M62 66h78v66a16 16 0 0 1-16 16H78a16 16 0 0 1-16-16z" fill="#a67c5f" />
        <path d="M62 66h78v22c-26 10-52-8-78 2z" fill="#f6efe6" />
      </>
    ),
  },
  lamp: {
    background: '#f4e3c1',
    drawing: (
      <>
        <path d="M52 104a48 48 0 0 1 96 0z" fill="#d9622b" />
        <circle cx="100" cy="104" r="13" fill="#fff6df" />
        <path d="M100 117v40" stroke="#3f3a36" strokeWidth="6" />
        <path d="M72 160h56" stroke="#3f3a36" strokeWidth="7" strokeLinecap="round" />
      </>
    ),
  },
  notebook: {
    background: '#d6e1e6',
    drawing: (
      <>
        <rect x="60" y="46" width="84" height="112" rx="6" fill="#2e5266" />
        <rect x="60" y="46" width="13" height="112" rx="4" fill="#1d3a4a" />
        <path d="M124 46v124l7-7 7 7V46z" fill="#e2b04a" />
        <rect x="86" y="72" width="28" height="18" rx="2" fill="#eef4f6" />
      </>
    ),
  },
  planter: {
    background: '#dfe7d6',
    drawing: (
      <>
        <path d="M100 106C96 78 78 62 58 60c2 24 18 42 42 46z" fill="#5f8a54" />
        <path d="M100 106c0-34 14-56 40-64 4 30-10 56-40 64z" fill="#7ba56c" />
        <path d="M100 108V76" stroke="#41683a" strokeWidth="4" />
        <path d="M66 104h68l-8 46a8 8 0 0 1-8 6H82a8 8 0 0 1-8-6z" fill="#c4673d" />
        <rect x="60" y="100" width="80" height="15" rx="4" fill="#d57d52" />
      </>
    ),
  },
  kettle: {
    background: '#e3dde6',
    drawing: (
      <>
        <path d="M72 92c-18 2-28 14-36 34l12 2c4-14 12-20 24-20z" fill="#8d8797" />
        <path d="M70 78h58l12 70a8 8 0 0 1-8 9H66a8 8 0 0 1-8-9z" fill="#a9a3b3" />
        <path d="M132 86c30-8 42 22 16 50" fill="none" stroke="#3c3842" strokeWidth="9" strokeLinecap="round" />
        <rect x="66" y="68" width="66" height="12" rx="5" fill="#8d8797" />
        <circle cx="99" cy="60" r="8" fill="#3c3842" />
      </>
    ),
  },
  clock: {
    background: '#f0dcd6',
    drawing: (
      <>
        <circle cx="100" cy="102" r="56" fill="#fffaf6" stroke="#b4533c" strokeWidth="9" />
        <path d="M100 102V68M100 102l26 16" stroke="#3a2d29" strokeWidth="6" strokeLinecap="round" />
        <path d="M100 56v7M100 141v7M54 102h7M139 102h7" stroke="#b9a59c" strokeWidth="4" strokeLinecap="round" />
        <circle cx="100" cy="102" r="5" fill="#b4533c" />
      </>
    ),
  },
}

/** A drawing of the product. Its name stands next to it, so that it says nothing by itself. */
export function ProductArt({ id }: { id: string }): ReactNode {
  const art = ART[id]
  return (
    <svg className="art" viewBox="0 0 200 200" aria-hidden="true" style={{ background: art?.background }}>
      {art?.drawing}
    </svg>
  )
}
