/** Every element at once: the one file for a `<script type="module">`. */
import './define/flowstate-provider.ts'
import './define/flowstate-settings.ts'
import './define/flowstate-pipeline.ts'
import './define/flowstate-godmode.ts'
