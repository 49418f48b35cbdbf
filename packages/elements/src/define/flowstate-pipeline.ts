import { FlowstatePipeline } from '../components/pipeline/pipeline.ts'

if (!customElements.get('flowstate-pipeline')) customElements.define('flowstate-pipeline', FlowstatePipeline)
