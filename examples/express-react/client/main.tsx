import { AnalyticsErrorBoundary, AnalyticsProvider } from '@analytics/react'
import { lazy, type ReactNode, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { startAnalytics } from './analytics.js'
import { type Config, loadConfig } from './config.js'
import { Shop, ShopCrashed } from './shop/shop.js'
import '@fontsource-variable/inter'
import './styles/base.css'
import './styles/shop.css'

const Dashboard = lazy(() => import('./admin/dashboard.js').then(({ Dashboard }) => ({ default: Dashboard })))

/** The dashboard is no visit to the shop: its page starts no tracker. Links between the two load a new page. */
function pageFor(path: string, config: Config): ReactNode {
  if (path === '/admin') {
    return (
      <Suspense>
        <Dashboard config={config} />
      </Suspense>
    )
  }
  return (
    <AnalyticsProvider client={startAnalytics(config.writeKey)}>
      <AnalyticsErrorBoundary fallback={<ShopCrashed />}>
        <BrowserRouter>
          <Shop />
        </BrowserRouter>
      </AnalyticsErrorBoundary>
    </AnalyticsProvider>
  )
}

const config = await loadConfig()
const path = location.pathname.replace(/\/+$/, '')
createRoot(document.getElementById('root')!).render(<StrictMode>{pageFor(path, config)}</StrictMode>)
